import type { Emitter } from '#domain/tools/emitter.ts';
import type { Labels } from './client.ts';
import type { MetricNames } from './metric-forms.ts';

/** One label set that Prometheus holds, reduced to the labels that tell who speaks and how it ended. */
export type Row = { readonly name: string; readonly labels: Labels };

export type PlanContext = MetricNames & {
  readonly asked: Emitter;
  /** `namespace/workload` → service, where pods say so themselves. */
  readonly serviceOfWorkload: ReadonlyMap<string, string>;
};
