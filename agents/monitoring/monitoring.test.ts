import { describe, expect, it } from 'vitest';
import {
  type AgentTask,
  type AgentView,
  type FindingOf,
  findingSchemas,
  type Observation,
  type Verification,
} from '#domain/agent-turn.ts';
import type { Plan, PlanStep } from '#domain/plan.ts';
import { verifyQuote } from '../analysis/quotes.ts';
import { type CallTool, runTask } from '../run-in-process.ts';
import {
  breakPods,
  crashed,
  disturb,
  edit,
  event,
  faultUnix,
  healthyShop,
  namings,
  rollOut,
  type Shop,
  shifted,
  times,
  withContainer,
} from '../testing/shop.ts';
import { alertOf, toolsOf, viewOf } from '../testing/world.ts';

const [naming] = namings;
if (naming === undefined) throw new Error('no naming');
const { cluster, namespace } = naming;

function alertOnEntry(shop: Shop, status: 'firing' | 'resolved' = 'firing'): void {
  shop.world.alerts = [
    alertOf(
      { alertname: 'HighErrorRatio', namespace, service: shop.entry },
      times.alertAt,
      'many requests fail',
      status,
    ),
  ];
}

async function run<Task extends AgentTask>(
  task: Task,
  shop: Shop,
  asOf: string,
  more: Partial<AgentView> = {},
): Promise<{ finding: FindingOf<Task>; evidence: AgentView['evidence'] }> {
  const { decision, evidence } = await runTask(
    viewOf(shop.world, task, asOf, more),
    toolsOf(shop.world, asOf),
    { roundCap: 5 },
  );
  if (decision.kind !== 'finding') throw new Error(decision.reason);
  return { finding: findingSchemas[task].parse(decision.finding) as FindingOf<Task>, evidence };
}

describe('observe', () => {
  const observed = async (
    shop: Shop,
    asOf: string = times.asOf,
  ): Promise<{ finding: Observation; evidence: AgentView['evidence'] }> => run('observe', shop, asOf);

  it('tells what moved on the way of the alert, since when and how far, and what stayed calm', async () => {
    const shop = healthyShop(naming);
    for (const service of [shop.entry, shop.near]) disturb(shop, service, 'errors', 0.4, faultUnix + 10);
    alertOnEntry(shop);
    const { finding, evidence } = await observed(shop);
    const errors = finding.moved.filter(({ signal }) => signal === 'errors');
    expect(errors.map(({ service }) => service).toSorted()).toEqual([shop.entry, shop.near].toSorted());
    for (const moved of errors) {
      expect(moved.before).toBeLessThan(0.01);
      expect(moved.now).toBeGreaterThan(0.3);
      expect(Math.abs(Date.parse(moved.since ?? '') / 1000 - faultUnix - 10)).toBeLessThanOrEqual(10);
      expect(
        verifyQuote(evidence, {
          source: 'prometheus',
          ref: 'x',
          quote: moved.quote,
          weight: 1,
          evidenceId: moved.evidenceId,
        }),
      ).toBe(true);
    }
    expect(finding.calm.toSorted()).toEqual([shop.far, shop.last].toSorted());
    expect(finding.gaps).toEqual([]);
  });

  it('says what else fires and what could not be measured', async () => {
    const shop = healthyShop(naming);
    alertOnEntry(shop);
    shop.world.alerts.push(alertOf({ alertname: 'DiskFull', namespace, service: shop.aside }, times.alertAt));
    shop.world.series = shop.world.series.filter(({ info }) => info.emitter.service !== shop.entry);
    shop.world.broken.monitors = 'too slow';
    const view = viewOf(shop.world, 'observe', times.asOf, { alerts: shop.world.alerts.slice(0, 1) });
    const { decision } = await runTask(view, toolsOf(shop.world, times.asOf), { roundCap: 5 });
    const finding = findingSchemas.observe.parse(decision.kind === 'finding' ? decision.finding : undefined);
    expect(finding.otherAlerts).toEqual([expect.stringContaining(`DiskFull on ${shop.aside}`)]);
    expect(finding.gaps).toEqual(['monitors: too slow', `metrics: nothing speaks of ${shop.entry}`]);
  });

  it('asks in few rounds and for no service that is not on the way', async () => {
    const shop = healthyShop(naming);
    alertOnEntry(shop);
    const { decision, rounds, evidence } = await runTask(
      viewOf(shop.world, 'observe', times.asOf),
      toolsOf(shop.world, times.asOf),
      { roundCap: 5 },
    );
    expect(decision.kind).toBe('finding');
    expect(rounds).toBeLessThanOrEqual(3);
    const asked = JSON.stringify(evidence.map(({ call }) => call.arguments));
    expect(asked).not.toContain(shop.aside);
  });
});

describe('verify', () => {
  const actedAt = shifted(times.asOf, 30);
  const later = shifted(actedAt, 60);

  function planFor(shop: Shop, kind: string, name: string, action = 'rollout-undo'): Plan {
    const object = { cluster, kind, namespace, name };
    const step: PlanStep = { stepNo: 1, action, object, arguments: {}, why: '', undo: '' };
    return {
      cause: 'application.bad-release',
      object,
      service: shop.near,
      confidence: 0.9,
      why: '',
      steps: [step],
    };
  }

  async function verified(shop: Shop, plan: Plan, asOf = later): Promise<Verification> {
    return (await run('verify', shop, asOf, { actedAt, findings: { plan } })).finding;
  }

  const failing = ({ checks }: Verification) => checks.filter(({ ok }) => !ok).map(({ name }) => name);
  const troubleUntil = (shop: Shop, until: number) => {
    for (const service of [shop.entry, shop.near])
      disturb(shop, service, 'errors', 0.4, faultUnix + 10, until);
  };
  const actedUnix = Date.parse(actedAt) / 1000;

  it('is content when the object stands, the alert is over and the signals are back', async () => {
    const shop = healthyShop(naming);
    troubleUntil(shop, actedUnix + 10);
    alertOnEntry(shop, 'resolved');
    const found = await verified(shop, planFor(shop, 'Deployment', shop.near));
    expect(found.state).toBe('well');
    expect(found.checks.map(({ name }) => name)).toEqual([
      `Deployment ${namespace}/${shop.near}`,
      'the alert',
      'the signals',
    ]);
  });

  it('of one of two faults is content although the alert of the other fires, and waits for that of its callers', async () => {
    const shop = healthyShop(naming);
    const about = (service: string, status: 'firing' | 'resolved') =>
      alertOf({ alertname: 'RolloutStuck', namespace, service }, times.alertAt, 'it is stuck', status);
    const plan = { ...planFor(shop, 'Deployment', shop.near), service: shop.near };
    shop.world.alerts = [about(shop.near, 'resolved'), about(shop.far, 'firing')];
    expect((await verified(shop, plan)).state).toBe('well');
    shop.world.alerts = [about(shop.near, 'resolved'), about(shop.entry, 'firing')];
    expect(failing(await verified(shop, plan))).toEqual(['the alert']);
  });

  it('waits while the alert fires, silenced or not', async () => {
    const shop = healthyShop(naming);
    alertOnEntry(shop);
    const found = await verified(shop, planFor(shop, 'Deployment', shop.near));
    expect(found.state).toBe('not-yet');
    expect(failing(found)).toEqual(['the alert']);
  });

  it('waits while the signals of the service or its callers are not back', async () => {
    const shop = healthyShop(naming);
    disturb(shop, shop.entry, 'errors', 0.4, faultUnix + 10);
    alertOnEntry(shop, 'resolved');
    const found = await verified(shop, planFor(shop, 'Deployment', shop.near));
    expect(failing(found)).toEqual(['the signals']);
    expect(found.summary).toContain(shop.entry);
  });

  it.each([
    ['nothing at all', undefined],
    ['hardly anything', 0.01],
  ])('does not take %s being asked for health', async (_what, traffic) => {
    const shop = healthyShop(naming);
    troubleUntil(shop, actedUnix);
    alertOnEntry(shop, 'resolved');
    disturb(shop, shop.near, 'traffic', traffic, actedUnix);
    for (const signal of ['errors', 'latency'] as const)
      disturb(shop, shop.near, signal, undefined, actedUnix);
    const found = await verified(shop, planFor(shop, 'Deployment', shop.near));
    expect(found.state).toBe('not-yet');
    expect(failing(found)).toEqual(['the signals']);
    expect(found.summary).toContain(`no requests reach ${shop.near}`);
  });

  it('looks at what was to be mended, where the plan found it, and not only at what was touched', async () => {
    const shop = healthyShop(naming);
    alertOnEntry(shop, 'resolved');
    const plan = planFor(shop, 'ConfigMap', `${shop.near}-settings`, 'patch');
    const last = { cluster, kind: 'Deployment', namespace, name: shop.last };
    const found = await verified(shop, { ...plan, object: last });
    expect(found.checks.map(({ name }) => name)).toContain(`Deployment ${namespace}/${shop.last}`);
    const elsewhere = { ...last, cluster: 'another' };
    const { evidence } = await run('verify', shop, later, {
      actedAt,
      findings: { plan: { ...plan, object: elsewhere, steps: [] } },
    });
    const clusters = evidence.flatMap(({ call }) => call.arguments.cluster ?? []);
    expect(new Set(clusters)).toEqual(new Set(['another']));
  });

  it('does not take an alert for ended of which not all could be read', async () => {
    const shop = healthyShop(naming);
    alertOnEntry(shop);
    const many = Array.from({ length: 20 }, (_, n) => alertOf({ alertname: `Other${n}` }, times.alertAt));
    const own = shop.world.alerts;
    shop.world.alerts = many;
    const whole = toolsOf(shop.world, later);
    const tools: CallTool = async (call) => {
      const seen = await whole(call);
      return call.tool === 'alerts_active'
        ? { ...seen, output: { ...(seen.output as object), truncated: true } }
        : seen;
    };
    const plan = planFor(shop, 'Deployment', shop.near);
    const view = viewOf(shop.world, 'verify', later, { actedAt, findings: { plan }, alerts: own });
    const { decision } = await runTask(view, tools, { roundCap: 5 });
    const found = findingSchemas.verify.parse(decision.kind === 'finding' ? decision.finding : undefined);
    expect(failing(found)).toEqual(['the alert']);
  });

  it('waits while a rollout goes on', async () => {
    const shop = healthyShop(naming);
    rollOut(shop, shop.near, {
      change: withContainer({ image: 'x:2' }),
      state: { ready: false, state: { waiting: { reason: 'ContainerCreating' } }, phase: 'Pending' },
      newPods: 1,
      oldPods: 2,
      at: actedAt,
    });
    alertOnEntry(shop, 'resolved');
    const found = await verified(shop, planFor(shop, 'Deployment', shop.near));
    expect(found.state).toBe('not-yet');
    expect(found.summary).toContain('the rollout goes on');
  });

  it('does not take a check that could not be made for passed', async () => {
    const shop = healthyShop(naming);
    alertOnEntry(shop);
    for (const tool of ['alerts_active', 'kubernetes_list_objects', 'metrics_window'])
      shop.world.broken[tool] = 'connection refused';
    const found = await verified(shop, planFor(shop, 'Deployment', shop.near));
    expect(found.state).toBe('not-yet');
    expect(failing(found)).toEqual([`Deployment ${namespace}/${shop.near}`, 'the alert', 'the signals']);
  });

  it('calls it worse when the step brought a fault of another kind', async () => {
    const shop = healthyShop(naming);
    const image = 'registry.example/gone:0';
    const { pods } = rollOut(shop, shop.near, {
      change: withContainer({ image }),
      state: {
        ready: false,
        phase: 'Pending',
        state: { waiting: { reason: 'ErrImagePull', message: 'not found' } },
      },
      newPods: 1,
      oldPods: 2,
      at: shifted(actedAt, 2),
    });
    event(
      shop,
      'Pod',
      pods[0] ?? '',
      'Failed',
      `Failed to pull image "${image}": not found`,
      shifted(actedAt, 5),
    );
    alertOnEntry(shop);
    const plan = planFor(shop, 'Deployment', shop.near);
    expect((await verified(shop, plan)).state).toBe('worse');
    expect((await verified(shop, plan, shifted(actedAt, 5))).state).toBe('not-yet');
  });

  it('does not call it worse while the old fault only lasts', async () => {
    const shop = healthyShop(naming);
    breakPods(shop, shop.near, crashed(1, 'Error', shifted(times.faultAt, 10)));
    alertOnEntry(shop);
    expect((await verified(shop, planFor(shop, 'Deployment', shop.near))).state).toBe('not-yet');
  });

  it('looks at who lives by a ConfigMap, and at who stands behind a Service', async () => {
    const shop = healthyShop(naming);
    alertOnEntry(shop, 'resolved');
    const config = await verified(shop, planFor(shop, 'ConfigMap', `${shop.near}-settings`, 'patch'));
    expect(config.checks[0]).toMatchObject({ name: `Deployment ${namespace}/${shop.near}`, ok: true });
    edit(shop, 'EndpointSlice', `${shop.near}-x7k2p`, () => ({ endpoints: [] }));
    const service = await verified(shop, planFor(shop, 'Service', shop.near, 'patch'));
    expect(service.checks[0]).toMatchObject({
      name: `Service ${namespace}/${shop.near}`,
      ok: false,
      detail: '0 ready endpoints',
    });
  });
});
