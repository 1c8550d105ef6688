import { describe, expect, it } from 'vitest';
import type { TriedStep } from '#domain/agent-turn.ts';
import { investigate } from '../testing/investigate.ts';
import { configMapOf } from '../testing/objects.ts';
import {
  breakPods,
  crashed,
  disturb,
  edit,
  event,
  faultUnix,
  healthyShop,
  type Naming,
  namings,
  rollOut,
  type Shop,
  shifted,
  times,
  withContainer,
} from '../testing/shop.ts';
import { alertOf } from '../testing/world.ts';

const calmPods = { ready: true, state: { running: { startedAt: times.faultAt } } };

function alertOnEntry(shop: Shop, status: 'firing' | 'resolved' = 'firing'): void {
  const { namespace } = shop.naming;
  shop.world.alerts = [
    alertOf(
      { alertname: 'HighErrorRatio', namespace, service: shop.entry, severity: 'critical' },
      times.alertAt,
      'many requests fail',
      status,
    ),
  ];
}

/** A pod that has been crashing for days and that nothing on the way of the alert calls. */
function oldWound(shop: Shop): void {
  const { world } = shop;
  breakPods(shop, shop.aside, {
    ready: false,
    state: {
      waiting: {
        reason: 'CrashLoopBackOff',
        message: 'back-off 5m0s restarting failed container=main pod=x',
      },
    },
    lastState: {
      terminated: {
        exitCode: 1,
        reason: 'Error',
        startedAt: shifted(times.faultAt, -100),
        finishedAt: shifted(times.faultAt, -99),
      },
    },
    restartCount: 400,
  });
  world.logs.push({
    emitter: { pod: `${shop.aside}-6d9c7b8f54-b4n8x` },
    message: 'panic: something unrelated',
    previous: true,
  });
}

describe.each(namings)('nothing to mend in $namespace', (naming) => {
  it('calls a system healthy in which nothing is wrong, and proposes nothing', async () => {
    const shop = healthyShop(naming);
    alertOnEntry(shop);
    const { diagnosis, plan, handOver } = await investigate(shop.world, times.asOf);
    expect(diagnosis).toMatchObject({ verdict: 'healthy', hypotheses: [], proposedFix: [] });
    expect(plan).toBeUndefined();
    expect(handOver).toContain('nothing is to be mended');
  });

  it('calls an alert that has ended by itself healthy', async () => {
    const shop = healthyShop(naming);
    for (const service of [shop.entry, shop.near])
      disturb(shop, service, 'errors', 0.3, faultUnix, faultUnix + 20);
    alertOnEntry(shop, 'resolved');
    const { diagnosis } = await investigate(shop.world, shifted(times.asOf, 60));
    expect(diagnosis).toMatchObject({ verdict: 'healthy', hypotheses: [], proposedFix: [] });
  });

  it('looks at nothing for a test alert', async () => {
    const shop = healthyShop(naming);
    shop.world.alerts = [
      {
        ...alertOf({ alertname: 'TestAlert', severity: 'none' }, times.alertAt, 'Notification test'),
        generatorUrl: '',
      },
    ];
    const { diagnosis, view } = await investigate(shop.world, times.asOf);
    expect(diagnosis).toMatchObject({ verdict: 'healthy', hypotheses: [], proposedFix: [] });
    expect(view.evidence.filter(({ call }) => call.server === 'kubernetes')).toHaveLength(0);
  });

  it('does not blame an old wound that is not on the way', async () => {
    const shop = healthyShop(naming);
    oldWound(shop);
    alertOnEntry(shop);
    const { diagnosis } = await investigate(shop.world, times.asOf);
    expect(diagnosis).toMatchObject({ verdict: 'healthy', proposedFix: [] });
    expect(diagnosis.ruledOut.map(({ object }) => object.name)).toContain(shop.aside);
  });

  it('keeps an old wound behind the new fault', async () => {
    const shop = healthyShop(naming);
    oldWound(shop);
    rollOut(shop, shop.far, {
      change: withContainer({ image: `registry.example/${shop.far}:1.5.0` }),
      state: calmPods,
      newPods: 2,
      oldPods: 0,
    });
    for (const service of [shop.entry, shop.near, shop.far]) disturb(shop, service, 'errors', 0.4);
    alertOnEntry(shop);
    const { diagnosis } = await investigate(shop.world, times.asOf);
    expect(diagnosis.hypotheses[0]).toMatchObject({
      cause: 'application.bad-release',
      object: { name: shop.far },
    });
  });

  it('keeps a wound of days behind the new fault, although it is on the way', async () => {
    const shop = healthyShop(naming);
    breakPods(shop, shop.last, {
      ready: false,
      state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x:1": not found' } },
    });
    breakPods(shop, shop.far, crashed(2, 'Error', shifted(times.faultAt, 15)));
    for (const service of [shop.entry, shop.near]) disturb(shop, service, 'errors', 0.4);
    alertOnEntry(shop);
    const { diagnosis } = await investigate(shop.world, times.asOf);
    expect(diagnosis.hypotheses[0]).toMatchObject({
      cause: 'container.crash-exit',
      object: { name: shop.far },
    });
    expect(diagnosis.hypotheses[1]).toMatchObject({ object: { name: shop.last } });
    expect(diagnosis.hypotheses[1]?.confidence).toBeLessThan(0.5);
  });

  it('looks for what is new where all that is plainly broken has been so for days', async () => {
    const shop = healthyShop(naming);
    // A rollout of two days ago hangs; the pods before it serve.
    rollOut(shop, shop.entry, {
      change: withContainer({ image: 'x:1' }),
      at: shifted(times.faultAt, -172_800),
      state: {
        ...{ ready: false, phase: 'Pending' },
        state: {
          waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x:1": not found' },
        },
      },
      ...{ newPods: 1, oldPods: 2 },
    });
    shop.world.changes.push({
      ...{ id: 'flag-7', at: shifted(times.faultAt, -20), kind: 'flag', service: shop.near },
      ...{ summary: 'many more requests are checked', diff: '-strict: false\n+strict: true', details: {} },
    });
    for (const service of [shop.entry, shop.near]) disturb(shop, service, 'errors', 0.4);
    alertOnEntry(shop);
    const { diagnosis } = await investigate(shop.world, times.asOf);
    expect(diagnosis.hypotheses[0]).toMatchObject({ change: 'flag-7', service: shop.near });
  });

  it('puts the root before its symptoms, and does not tell what only follows from it', async () => {
    const shop = healthyShop(naming);
    edit(shop, 'Deployment', shop.far, (deployment) => ({
      spec: { ...(deployment.spec as object), replicas: 0 },
      status: { observedGeneration: 2, conditions: [] },
    }));
    shop.world.objects = shop.world.objects.filter(
      ({ kind, metadata }) => kind !== 'Pod' || !metadata.name.startsWith(`${shop.far}-`),
    );
    edit(shop, 'EndpointSlice', `${shop.far}-x7k2p`, () => ({ endpoints: null }));
    const scaled = `Scaled down replica set ${shop.far}-6d9c7b8f54 from 2 to 0`;
    event(shop, 'Deployment', shop.far, 'ScalingReplicaSet', scaled, times.faultAt, { type: 'Normal' });
    const { pods } = breakPods(shop, shop.near, crashed(1, 'Error', shifted(times.faultAt, 15)));
    for (const pod of pods)
      shop.world.logs.push({
        emitter: { pod },
        message: 'fatal: upstream: connection refused',
        previous: true,
      });
    disturb(shop, shop.entry, 'errors', 0.4);
    alertOnEntry(shop);
    const { diagnosis } = await investigate(shop.world, times.asOf);
    expect(diagnosis.hypotheses[0]).toMatchObject({
      cause: 'workload.scaled-to-zero',
      object: { name: shop.far },
    });
    const causes = diagnosis.hypotheses.map(({ cause }) => cause);
    expect(causes).toContain('container.crash-exit');
    expect(causes).not.toContain('service.no-ready-endpoints');
    expect(causes).not.toContain('workload.too-few-replicas');
    expect(diagnosis.hypotheses[1]?.confidence).toBeLessThan(0.6);
  });

  it('does not blame rollouts that came at the wrong time', async () => {
    const shop = healthyShop(naming);
    rollOut(shop, shop.near, {
      change: withContainer({ image: `registry.example/${shop.near}:2.0.0` }),
      state: calmPods,
      newPods: 2,
      oldPods: 0,
      at: shifted(times.faultAt, -4 * 3600),
    });
    rollOut(shop, shop.far, {
      change: withContainer({ env: [] }),
      state: { ...calmPods, state: { running: { startedAt: times.deployedAt } } },
      newPods: 2,
      oldPods: 0,
    });
    for (const service of [shop.entry, shop.near]) disturb(shop, service, 'errors', 0.4);
    alertOnEntry(shop);
    const { diagnosis } = await investigate(shop.world, times.asOf);
    expect(diagnosis.hypotheses[0]).toMatchObject({
      object: { name: shop.near },
      cause: 'application.exception',
    });
    // Where the trouble is, is no cause: it is told as a suspicion.
    expect(diagnosis.verdict).toBe('unknown');
    expect(diagnosis.summary).toContain(`The trouble seems to begin at ${shop.near}`);
    expect(diagnosis.proposedFix).toEqual([]);
    expect(diagnosis.hypotheses.map(({ cause }) => cause)).not.toContain('application.bad-release');
  });

  it('does not take what stirs below a service that is calm for its trouble', async () => {
    const shop = healthyShop(naming);
    disturb(shop, shop.far, 'latency', 0.4);
    alertOnEntry(shop);
    const { diagnosis } = await investigate(shop.world, times.asOf);
    expect(diagnosis).toMatchObject({ verdict: 'healthy', hypotheses: [] });
  });

  it('does not take the making of a ConfigMap for a change of it', async () => {
    const shop = healthyShop(naming);
    const name = `${shop.near}-settings`;
    const born = shifted(times.faultAt, -120);
    edit(shop, 'ConfigMap', name, (object) => ({
      metadata: { ...(object.metadata as object), creationTimestamp: born },
    }));
    const made = { id: `ConfigMap/${naming.namespace}/${name}@${born}`, at: born, kind: 'config' as const };
    const created = { kind: 'ConfigMap', name, created: true };
    const summary = `ConfigMap ${name} was created`;
    shop.world.changes.push({ ...made, service: shop.near, summary, details: created });
    for (const service of [shop.entry, shop.near]) disturb(shop, service, 'errors', 0.4);
    alertOnEntry(shop);
    const { diagnosis } = await investigate(shop.world, times.asOf);
    expect(diagnosis.hypotheses.map(({ cause }) => cause)).not.toContain('config.value-invalid');
    const edited = shifted(times.faultAt, -10);
    shop.world.changes.push({ ...made, id: `ConfigMap/${name}@2`, at: edited, summary: '', details: {} });
    const { diagnosis: later } = await investigate(shop.world, times.asOf);
    expect(later.hypotheses[0]).toMatchObject({ cause: 'config.value-invalid', object: { name } });
  });

  it('tells a change of the right time where nothing was measured, and none where the service is measured and calm', async () => {
    const shop = healthyShop(naming);
    shop.world.changes.push({
      ...{ id: 'deploy-42', at: shifted(times.faultAt, -60), kind: 'deploy', service: shop.entry },
      ...{ summary: 'release 2.0: not so many retries', diff: '-retries: 3\n+retries: 0' },
      details: { revision: 5, previousRevision: 4 },
    });
    alertOnEntry(shop);
    const { diagnosis: measured } = await investigate(shop.world, times.asOf);
    expect(measured).toMatchObject({ verdict: 'healthy', hypotheses: [] });
    shop.world.series = [];
    const { diagnosis: blind } = await investigate(shop.world, times.asOf);
    expect(blind.hypotheses[0]).toMatchObject({ change: 'deploy-42', service: shop.entry });
    expect(blind.hypotheses[0]?.confidence).toBeLessThan(0.7);
  });

  it('leaves finished jobs, pods on their way out and autoscalers at their minimum alone', async () => {
    const shop = healthyShop(naming);
    const { namespace } = naming;
    const pod = shop.world.objects.find(
      ({ kind, metadata }) => kind === 'Pod' && metadata.name.startsWith(shop.near),
    );
    if (pod === undefined) throw new Error('no pod');
    const status = {
      phase: 'Succeeded',
      containerStatuses: [
        {
          name: 'main',
          ready: false,
          restartCount: 0,
          state: { terminated: { exitCode: 0, reason: 'Completed' } },
        },
      ],
    };
    shop.world.objects.push(
      {
        ...pod,
        metadata: {
          name: 'nightly-28',
          namespace,
          ownerReferences: [{ kind: 'Job', name: 'nightly', controller: true }],
        },
        status,
      },
      {
        ...pod,
        metadata: { ...pod.metadata, name: `${shop.near}-old-one`, deletionTimestamp: times.asOf },
        status: {
          phase: 'Running',
          containerStatuses: [
            {
              name: naming.container,
              ready: false,
              restartCount: 1,
              state: { terminated: { exitCode: 143, reason: 'Error', finishedAt: times.asOf } },
            },
          ],
        },
      },
      {
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: shop.near, namespace },
        spec: { minReplicas: 2, maxReplicas: 5, scaleTargetRef: { kind: 'Deployment', name: shop.near } },
        status: { currentReplicas: 2, desiredReplicas: 2 },
      },
      {
        kind: 'Job',
        metadata: { name: 'nightly', namespace },
        status: { conditions: [{ type: 'Complete', status: 'True' }] },
      },
    );
    alertOnEntry(shop);
    const { diagnosis } = await investigate(shop.world, times.asOf);
    expect(diagnosis).toMatchObject({ verdict: 'healthy', hypotheses: [] });
  });

  it('forgets a crash that the container has got over', async () => {
    const shop = healthyShop(naming);
    breakPods(shop, shop.near, {
      ready: true,
      state: { running: { startedAt: shifted(times.asOf, -90) } },
      lastState: {
        terminated: {
          exitCode: 1,
          reason: 'Error',
          startedAt: shifted(times.asOf, -120),
          finishedAt: shifted(times.asOf, -119),
        },
      },
      restartCount: 4,
    });
    alertOnEntry(shop);
    const { diagnosis } = await investigate(shop.world, times.asOf);
    expect(diagnosis).toMatchObject({ verdict: 'healthy', hypotheses: [] });
  });
});

describe('what cannot be seen', () => {
  const [naming] = namings;
  if (naming === undefined) throw new Error('no naming');

  it('says what would decide it when neither objects nor metrics can be read', async () => {
    const shop = healthyShop(naming);
    alertOnEntry(shop);
    for (const tool of [
      'kubernetes_list_objects',
      'kubernetes_list_events',
      'kubernetes_list_revisions',
      'metrics_list_series',
    ])
      shop.world.broken[tool] = 'connection refused';
    const { diagnosis, handOver } = await investigate(shop.world, times.asOf);
    expect(diagnosis.verdict).toBe('unknown');
    expect(diagnosis.gaps.join('\n')).toMatch(/kubernetes_list_objects: connection refused/);
    expect(diagnosis.gaps.join('\n')).toMatch(/metrics/);
    expect(diagnosis.proposedFix).toEqual([]);
    expect(handOver).toBeDefined();
  });

  it('does not call a service healthy whose signals could not be read', async () => {
    const shop = healthyShop(naming);
    alertOnEntry(shop);
    shop.world.broken.metrics_window = 'timeout';
    const { diagnosis } = await investigate(shop.world, times.asOf);
    expect(diagnosis.verdict).toBe('unknown');
  });

  it.each([0, undefined])('does not call a service healthy that nobody asks any more (%s)', async (rate) => {
    const shop = healthyShop(naming);
    alertOnEntry(shop);
    disturb(shop, shop.entry, 'traffic', rate);
    disturb(shop, shop.entry, 'errors', undefined);
    const { diagnosis } = await investigate(shop.world, times.asOf);
    expect(diagnosis).toMatchObject({ verdict: 'unknown', proposedFix: [] });
    expect(diagnosis.gaps.join()).toContain(`${shop.entry} is asked no more`);
  });

  it('does not call a service healthy whose rule is met still', async () => {
    const shop = healthyShop(naming);
    alertOnEntry(shop);
    shop.world.firingRules = shop.world.alerts;
    const { diagnosis } = await investigate(shop.world, times.asOf);
    expect(diagnosis).toMatchObject({ verdict: 'unknown', proposedFix: [] });
    expect(diagnosis.gaps.join()).toContain('the rule HighErrorRatio is met still');
    shop.world.firingRules = shop.world.alerts.map((alert) => ({
      ...alert,
      labels: { ...alert.labels, service: shop.aside },
    }));
    expect((await investigate(shop.world, times.asOf)).diagnosis.verdict).toBe('healthy');
  });

  it('finds a broken object without any metrics, and says that they were missing', async () => {
    const shop = healthyShop(naming);
    alertOnEntry(shop);
    edit(shop, 'Service', shop.near, (service) => ({
      spec: { ...(service.spec as object), selector: { app: 'nobody' } },
    }));
    shop.world.broken.metrics_list_series = 'connection refused';
    const { diagnosis } = await investigate(shop.world, times.asOf);
    expect(diagnosis.hypotheses[0]).toMatchObject({
      cause: 'service.selector-mismatch',
      object: { name: shop.near },
    });
    expect(diagnosis.gaps.join('\n')).toMatch(/metrics_list_series: connection refused/);
  });

  it('finds its way by addresses in the environment where no call edges are known', async () => {
    const shop = healthyShop(naming);
    shop.world.edges = [];
    breakPods(shop, shop.far, crashed(2, 'Error', shifted(times.faultAt, 15)));
    oldWound(shop);
    for (const service of [shop.entry, shop.near]) disturb(shop, service, 'errors', 0.4);
    alertOnEntry(shop);
    const { diagnosis } = await investigate(shop.world, times.asOf);
    expect(diagnosis.hypotheses[0]).toMatchObject({
      cause: 'container.crash-exit',
      object: { name: shop.far },
    });
  });
});

describe('after a step was tried', () => {
  const [naming] = namings;
  if (naming === undefined) throw new Error('no naming');

  function tried(shop: Shop, outcome: TriedStep['result']['outcome']): TriedStep {
    return {
      planNo: 1,
      cause: 'container.oom-killed',
      object: {
        cluster: naming?.cluster ?? '',
        kind: 'Deployment',
        namespace: naming?.namespace ?? '',
        name: shop.last,
      },
      action: 'rollout-undo',
      arguments: { toRevision: 1 },
      result: { planNo: 1, outcome, detail: 'still killed' },
    };
  }

  it('takes the next way to mend it when the first did not help', async () => {
    const shop = healthyShop(naming);
    rollOut(shop, shop.last, {
      change: withContainer({ image: 'registry.example/new:2' }),
      state: crashed(137, 'OOMKilled', shifted(times.faultAt, 15)),
      newPods: 2,
      oldPods: 0,
    });
    for (const service of [shop.entry, shop.near, shop.far]) disturb(shop, service, 'errors', 0.4);
    alertOnEntry(shop);
    const first = await investigate(shop.world, times.asOf);
    expect(first.plan?.steps[0]).toMatchObject({ action: 'rollout-undo' });
    const second = await investigate(shop.world, times.asOf, { tried: [tried(shop, 'undone')] });
    expect(second.plan?.steps[0]).toMatchObject({ action: 'set-resources', object: { name: shop.last } });
    const rejected = await investigate(shop.world, times.asOf, { tried: [tried(shop, 'rejected')] });
    expect(rejected.plan?.steps[0], 'what a person said no to is not asked again').toMatchObject({
      action: 'set-resources',
    });
    expect(rejected.diagnosis.hypotheses[0], 'nor does their no speak against the cause').toMatchObject({
      confidence: first.diagnosis.hypotheses[0]?.confidence,
    });
    expect(second.diagnosis.hypotheses[0]?.confidence).toBeLessThan(
      first.diagnosis.hypotheses[0]?.confidence ?? 0,
    );
    const afterWithdrawal = await investigate(shop.world, times.asOf, { tried: [tried(shop, 'withdrawn')] });
    expect(afterWithdrawal.plan?.steps[0]).toMatchObject({ action: 'rollout-undo' });
  });

  it('does not go back on a rollout of days before for what began just now', async () => {
    const shop = healthyShop(naming);
    rollOut(shop, shop.last, {
      change: withContainer({ image: 'registry.example/new:2' }),
      state: crashed(137, 'OOMKilled', shifted(times.faultAt, 15)),
      newPods: 2,
      oldPods: 0,
      at: shifted(times.faultAt, -2 * 86_400),
    });
    for (const service of [shop.entry, shop.near, shop.far]) disturb(shop, service, 'errors', 0.4);
    alertOnEntry(shop);
    const { plan } = await investigate(shop.world, times.asOf);
    expect(plan?.steps[0]).toMatchObject({ action: 'set-resources', object: { name: shop.last } });
  });

  it.each([
    ['did not help, which makes the cause doubtful', 'undone', /cannot be told/],
    ['was rejected, which says nothing of the cause', 'rejected', /no safe step is known/],
  ] as const)('hands over when there is no other way than the one that %s', async (_what, outcome, says) => {
    const shop = healthyShop(naming);
    const old = tried(shop, outcome);
    rollOut(shop, shop.far, {
      change: withContainer({ image: 'registry.example/new:2' }),
      state: calmPods,
      newPods: 2,
      oldPods: 0,
    });
    for (const service of [shop.entry, shop.near, shop.far]) disturb(shop, service, 'errors', 0.4);
    alertOnEntry(shop);
    const { plan, handOver } = await investigate(shop.world, times.asOf, {
      tried: [{ ...old, object: { ...old.object, name: shop.far } }],
    });
    expect(plan).toBeUndefined();
    expect(handOver).toMatch(says);
  });
});

describe('a practice ground where faults follow one another', () => {
  const [naming] = namings;
  if (naming === undefined) throw new Error('no naming');

  it('sees a fault although the hour before was full of others', async () => {
    const shop = healthyShop(naming);
    for (let minutes = 4; minutes < 60; minutes += 4) {
      const start = faultUnix - minutes * 60;
      for (const service of [shop.entry, shop.near]) disturb(shop, service, 'errors', 0.5, start, start + 80);
    }
    rollOut(shop, shop.near, {
      change: withContainer({ image: 'registry.example/new:2' }),
      state: calmPods,
      newPods: 2,
      oldPods: 0,
    });
    for (const service of [shop.entry, shop.near]) disturb(shop, service, 'errors', 0.4);
    alertOnEntry(shop);
    const { diagnosis } = await investigate(shop.world, times.asOf);
    expect(diagnosis.hypotheses[0]).toMatchObject({
      cause: 'application.bad-release',
      object: { name: shop.near },
    });
  });

  it('sees a template come back that was there before, although its ReplicaSet is old', async () => {
    const shop = healthyShop(naming);
    rollOut(shop, shop.near, {
      change: withContainer({ image: 'registry.example/new:2' }),
      state: calmPods,
      newPods: 2,
      oldPods: 0,
    });
    const old = shifted(times.faultAt, -86_400);
    edit(shop, 'ReplicaSet', `${shop.near}-7f5b9d4c68`, (set) => ({
      metadata: { ...(set.metadata as object), creationTimestamp: old },
    }));
    for (const service of [shop.entry, shop.near]) disturb(shop, service, 'errors', 0.4);
    alertOnEntry(shop);
    const withEvent = await investigate(shop.world, times.asOf);
    expect(withEvent.plan?.steps[0]).toMatchObject({ action: 'rollout-undo', arguments: { toRevision: 1 } });
    shop.world.events = [];
    const withoutEvent = await investigate(shop.world, times.asOf);
    expect(withoutEvent.plan?.steps[0]).toMatchObject({
      action: 'rollout-undo',
      arguments: { toRevision: 1 },
    });
  });

  /** A ConfigMap lost a key that its pods need; the recorded change tells what stood there. */
  function withoutKey(ground: Naming, diff: string): Shop {
    const shop = healthyShop(ground);
    const name = `${shop.near}-settings`;
    shop.world.objects = shop.world.objects.filter(
      ({ kind, metadata }) => kind !== 'ConfigMap' || metadata.name !== name,
    );
    shop.world.objects.push(configMapOf(ground.namespace, name, { RETRY_LIMIT: '3' }));
    shop.world.changes.push({
      id: `ConfigMap/${ground.namespace}/${name}@9`,
      at: times.faultAt,
      kind: 'config',
      summary: `ConfigMap ${name} changed`,
      diff,
      details: {},
    });
    const { pods } = breakPods(shop, shop.near, crashed(1, 'Error', shifted(times.faultAt, 20)));
    event(shop, 'Pod', pods[0] ?? '', 'BackOff', 'Back-off restarting failed container', times.faultAt);
    for (const pod of pods)
      shop.world.logs.push({
        emitter: { pod },
        message: 'FATAL missing configuration key CURRENCY_TABLE',
        previous: true,
      });
    disturb(shop, shop.entry, 'errors', 0.4);
    alertOnEntry(shop);
    return shop;
  }

  it('gives a ConfigMap back what a recorded change took, where nothing was applied from a manifest', async () => {
    const shop = withoutKey(naming, '-  CURRENCY_TABLE: "eur,usd"\n');
    const { plan } = await investigate(shop.world, times.asOf);
    expect(plan?.steps[0]).toMatchObject({
      action: 'patch',
      object: { kind: 'ConfigMap', name: `${shop.near}-settings` },
      arguments: { operations: [{ op: 'add', path: '/data/CURRENCY_TABLE', value: 'eur,usd' }] },
    });
  });

  it('never writes the mark of a secret that was taken out of what it was shown', async () => {
    const shop = withoutKey(naming, '-  CURRENCY_TABLE: "postgres://u:[redacted:url-password]@pg"\n');
    const { diagnosis, plan } = await investigate(shop.world, times.asOf);
    expect(diagnosis.hypotheses[0]).toMatchObject({ cause: 'config.configmap-key-missing' });
    expect(diagnosis.proposedFix).toEqual([]);
    expect(plan).toBeUndefined();
  });
});
