import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type Metrics = ReturnType<typeof createMetrics>;

/** What the server counts and measures of itself. `readers` are asked when somebody scrapes. */
export function createMetrics(readers: { readonly intakeWaiting: () => number }) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: 'understudy_intake_waiting',
    help: 'Deliveries that wait to be stored',
    registers,
    collect() {
      this.set(readers.intakeWaiting());
    },
  });
  return {
    registry,
    requests: new Histogram({
      name: 'understudy_http_request_duration_seconds',
      help: 'How long requests took',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    deliveries: new Counter({
      name: 'understudy_deliveries_total',
      help: 'Accepted deliveries by what they became',
      labelNames: ['outcome'],
      registers,
    }),
    batches: new Histogram({
      name: 'understudy_intake_batch_deliveries',
      help: 'Deliveries stored in one transaction',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200],
      registers,
    }),
    dispatched: new Counter({
      name: 'understudy_dispatched_total',
      help: 'News handed to workflows, by how it went',
      labelNames: ['result'],
      registers,
    }),
    dispatchLimit: new Gauge({
      name: 'understudy_dispatch_limit',
      help: 'How many calls to Temporal the dispatcher makes at once',
      registers,
    }),
    judged: new Counter({
      name: 'understudy_decisions_judged_total',
      help: 'Decisions on gates by verdict',
      labelNames: ['verdict'],
      registers,
    }),
    healed: new Counter({
      name: 'understudy_reconciled_total',
      help: 'What the reconciler found and mended, by kind',
      labelNames: ['kind'],
      registers,
    }),
  };
}
