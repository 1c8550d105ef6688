import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AgentTask, type AgentView, agentTaskSchema, findingSchemas } from '#domain/agent-turn.ts';
import { healthyConfidenceCeiling } from '#domain/diagnosis.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { verifyQuote } from '../analysis/quotes.ts';
import { nextStep } from '../next-step.ts';
import { runTask } from '../run-in-process.ts';
import {
  breakPods,
  crashed,
  disturb,
  edit,
  event,
  healthyShop,
  namings,
  rollOut,
  type Shop,
  shifted,
  times,
  withContainer,
} from '../testing/shop.ts';
import { alertOf, toolsOf, viewOf } from '../testing/world.ts';

type Random = { readonly next: () => number };

function random(seed: number): Random {
  let state = seed >>> 0;
  return {
    next: () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    },
  };
}

const junk = [null, 0, -1, '', 'x', true, [], {}, [null], { a: null }, '2025-99-99T00:00:00Z'];

/** An object with parts of it missing, or of another form than they should have; its identity stays. */
function mangled(value: unknown, chance: Random, rate: number): unknown {
  if (Array.isArray(value))
    return value.filter(() => chance.next() > rate).map((item) => mangled(item, chance, rate));
  if (typeof value !== 'object' || value === null)
    return chance.next() < rate ? junk[Math.floor(chance.next() * junk.length)] : value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(() => chance.next() > rate / 2)
      .map(([key, field]) => [
        key,
        chance.next() < rate / 2
          ? junk[Math.floor(chance.next() * junk.length)]
          : mangled(field, chance, rate),
      ]),
  );
}

function mangledObject(object: KubernetesObject, chance: Random, rate: number): KubernetesObject {
  const { kind, metadata, ...rest } = object;
  const { name, namespace, labels, ownerReferences } = metadata;
  const kept = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
  };
  return { kind, metadata: kept, ...(mangled(rest, chance, rate) as object) };
}

const troubles: readonly ((shop: Shop) => void)[] = [
  (shop) =>
    void rollOut(shop, shop.near, {
      change: withContainer({ image: 'x:9' }),
      state: {
        ready: false,
        phase: 'Pending',
        state: { waiting: { reason: 'ErrImagePull', message: 'x:9: not found' } },
      },
      newPods: 1,
      oldPods: 2,
    }),
  (shop) => void breakPods(shop, shop.far, crashed(1, 'Error', shifted(times.faultAt, 10))),
  (shop) => void breakPods(shop, shop.last, crashed(137, 'OOMKilled', shifted(times.faultAt, 10))),
  (shop) =>
    edit(shop, 'Service', shop.near, (service) => ({
      spec: { ...(service.spec as object), selector: { app: 'wrong' } },
    })),
  (shop) =>
    edit(shop, 'Deployment', shop.far, (deployment) => ({
      spec: { ...(deployment.spec as object), replicas: 0 },
    })),
  (shop) => disturb(shop, shop.entry, 'errors', 0.5),
  (shop) => disturb(shop, shop.far, 'latency', 2),
  (shop) => disturb(shop, shop.far, 'throttling', 0.9),
  (shop) =>
    event(
      shop,
      'Pod',
      `${shop.near}-6d9c7b8f54-b4n8x`,
      'Unhealthy',
      'Readiness probe failed: connection refused',
      times.faultAt,
    ),
  (shop) =>
    void shop.world.logs.push({
      emitter: { pod: `${shop.far}-6d9c7b8f54-b4n8x` },
      message: 'missing config key RETRY_LIMIT',
      previous: true,
    }),
];

function troubledShop(seed: number, rate: number): Shop {
  const chance = random(seed);
  const naming = namings[seed % namings.length];
  if (naming === undefined) throw new Error('no naming');
  const shop = healthyShop(naming);
  for (const trouble of troubles) if (chance.next() < 0.35) trouble(shop);
  shop.world.alerts = [
    alertOf(
      { alertname: 'HighErrorRatio', namespace: shop.naming.namespace, service: shop.entry },
      times.alertAt,
      'fails',
      chance.next() < 0.2 ? 'resolved' : 'firing',
    ),
  ];
  if (rate > 0) shop.world.objects = shop.world.objects.map((object) => mangledObject(object, chance, rate));
  for (const tool of [
    'topology_edges',
    'metrics_window',
    'kubernetes_list_events',
    'changes',
    'kubernetes_list_revisions',
  ]) {
    if (chance.next() < 0.1) shop.world.broken[tool] = 'away';
  }
  return shop;
}

async function everyTask(shop: Shop): Promise<AgentView> {
  const tools = toolsOf(shop.world, times.asOf);
  let view = viewOf(shop.world, 'triage', times.asOf);
  for (const task of agentTaskSchema.options) {
    const run = await runTask({ ...view, task }, tools, { roundCap: 5 });
    if (run.decision.kind === 'hand-over') {
      expect(run.decision.reason).not.toContain('was not valid');
      continue;
    }
    const finding = findingSchemas[task].parse(run.decision.finding);
    view = {
      ...view,
      evidence: run.evidence,
      findings: { ...view.findings, [findingKeys[task] ?? task]: finding },
    };
  }
  return view;
}

const findingKeys: Readonly<Partial<Record<AgentTask, string>>> = {
  observe: 'observation',
  diagnose: 'diagnosis',
};

describe('whatever the world is like', () => {
  it('every agent ends with a valid finding or hands over, and every quote is literally there', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.constantFrom(0, 0.05, 0.2, 0.5),
        async (seed, rate) => {
          const view = await everyTask(troubledShop(seed, rate));
          const { diagnosis } = view.findings;
          for (const quote of diagnosis?.hypotheses.flatMap(({ evidence }) => evidence) ?? [])
            expect(verifyQuote(view.evidence, quote)).toBe(true);
          const confidences = (diagnosis?.hypotheses ?? []).map(({ confidence }) => confidence);
          expect(confidences).toEqual(confidences.toSorted((a, b) => b - a));
          if (diagnosis?.verdict !== 'fault') expect(diagnosis?.proposedFix ?? []).toEqual([]);
          if (diagnosis?.verdict === 'healthy')
            expect(Math.max(0, ...confidences)).toBeLessThanOrEqual(healthyConfidenceCeiling);
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);

  it('the same view gives the same answer', async () => {
    const shop = troubledShop(7, 0);
    const view = await everyTask(shop);
    const again = { ...view, task: 'diagnose' as const, round: 9 };
    expect(nextStep(structuredClone(again), { roundCap: 5 })).toEqual(nextStep(again, { roundCap: 5 }));
  });

  it('a tool that answers nonsense is a gap', async () => {
    const shop = troubledShop(3, 0);
    const tools = toolsOf(shop.world, times.asOf);
    const run = await runTask(
      viewOf(shop.world, 'diagnose', times.asOf),
      async (call) => ({ ...(await tools(call)), output: { items: 'many' } }),
      { roundCap: 5 },
    );
    expect(run.decision).toMatchObject({
      kind: 'finding',
      finding: {
        verdict: 'unknown',
        gaps: expect.arrayContaining([expect.stringContaining('did not have the expected form')]),
      },
    });
  });
});
