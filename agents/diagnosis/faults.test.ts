import { describe, expect, it } from 'vitest';
import { toMs } from '#domain/time.ts';
import { verifyQuote } from '../analysis/quotes.ts';
import { type Investigation, investigate } from '../testing/investigate.ts';
import { configMapOf } from '../testing/objects.ts';
import {
  addVersion,
  breakPods,
  crashed,
  disturb,
  edit,
  event,
  faultUnix,
  hashOfRevision,
  healthyShop,
  namings,
  recordEdit,
  rollOut,
  type Shop,
  shifted,
  times,
  withContainer,
} from '../testing/shop.ts';
import { alertOf } from '../testing/world.ts';

/** An alert on the entry: users see failures there, whatever broke below. */
function alertOnEntry(shop: Shop, name = 'HighErrorRatio', summary = 'many requests fail'): void {
  const { namespace } = shop.naming;
  shop.world.alerts = [
    alertOf(
      { alertname: name, namespace, service: shop.entry, severity: 'critical' },
      times.alertAt,
      summary,
    ),
  ];
}

function errorsFrom(shop: Shop, services: readonly string[]): void {
  for (const service of services) disturb(shop, service, 'errors', 0.4, faultUnix + 8);
}

async function look(shop: Shop, more = {}): Promise<Investigation> {
  const found = await investigate(shop.world, times.asOf, more);
  const { diagnosis, view } = found;
  for (const { evidence } of diagnosis.hypotheses) {
    for (const quote of evidence) expect(verifyQuote(view.evidence, quote), JSON.stringify(quote)).toBe(true);
  }
  return found;
}

function top({ diagnosis }: Investigation) {
  const [first] = diagnosis.hypotheses;
  return {
    verdict: diagnosis.verdict,
    cause: first?.cause,
    kind: first?.object.kind,
    name: first?.object.name,
  };
}

function firstStep({ plan }: Investigation) {
  const step = plan?.steps[0];
  return { action: step?.action, object: step?.object.name, arguments: step?.arguments };
}

describe.each(namings)('faults in $namespace', (naming) => {
  it('finds an image that does not exist two calls below the alert, and goes back on the rollout', async () => {
    const shop = healthyShop(naming);
    const image = `registry.example/${shop.far}:1.5.0-rc9`;
    const { pods } = rollOut(shop, shop.far, {
      change: withContainer({ image }),
      state: {
        ready: false,
        phase: 'Pending',
        state: { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` } },
      },
      newPods: 1,
      oldPods: 2,
    });
    event(
      shop,
      'Pod',
      pods[0] ?? '',
      'Failed',
      `Failed to pull image "${image}": rpc error: code = NotFound desc = failed to pull and unpack image "${image}": ${image}: not found`,
      times.faultAt,
    );
    shop.world.alerts = [
      alertOf(
        { alertname: 'PodNotReady', namespace: naming.namespace, pod: pods[0] ?? '', severity: 'warning' },
        times.alertAt,
      ),
    ];
    const found = await look(shop);
    expect(top(found)).toEqual({
      verdict: 'fault',
      cause: 'image.bad-reference',
      kind: 'Deployment',
      name: shop.far,
    });
    expect(firstStep(found)).toEqual({
      action: 'rollout-undo',
      object: shop.far,
      arguments: { toRevision: 1 },
    });
  });

  it('finds an image that does not exist although the old pods serve, and users feel something else', async () => {
    const shop = healthyShop(naming);
    const image = `registry.example/${shop.far}:1.5.0-rc9`;
    const { pods } = rollOut(shop, shop.far, {
      change: withContainer({ image }),
      state: {
        ready: false,
        phase: 'Pending',
        state: { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` } },
      },
      newPods: 1,
      oldPods: 2,
    });
    const failed = `Failed to pull image "${image}": ${image}: not found`;
    event(shop, 'Pod', pods[0] ?? '', 'Failed', failed, times.faultAt);
    for (const service of [shop.entry, shop.near, shop.far]) disturb(shop, service, 'latency', 1.4);
    const { namespace } = naming;
    const alerts = [
      { alertname: 'ServiceLatencyHigh', namespace, service: shop.entry, severity: 'critical' },
      { alertname: 'ContainerWaiting', namespace, service: shop.far, severity: 'warning' },
    ];
    shop.world.alerts = alerts.map((labels) => alertOf(labels, times.alertAt));
    const found = await look(shop);
    expect(top(found)).toMatchObject({ verdict: 'fault', cause: 'image.bad-reference', name: shop.far });
    const felt = await investigate(shop.world, times.asOf, { alerts: shop.world.alerts.slice(0, 1) });
    const confidenceIn = ({ diagnosis }: Investigation) =>
      diagnosis.hypotheses.find(({ cause }) => cause === 'image.bad-reference')?.confidence ?? 0;
    expect(confidenceIn(felt)).toBeLessThan(confidenceIn(found));
  });

  it('tells a slow service from the few points that there are when its alert has just begun', async () => {
    const shop = healthyShop(naming);
    rollOut(shop, shop.far, {
      change: withContainer({ image: `registry.example/${shop.far}:2.0` }),
      state: { ready: true, phase: 'Running', state: { running: { startedAt: times.faultAt } } },
      newPods: 2,
      oldPods: 0,
    });
    const seenAt = shifted(times.alertAt, 2);
    // Most of what counts as now is from before it.
    const from = toMs(seenAt) / 1000 - 9;
    for (const service of [shop.entry, shop.near, shop.far]) disturb(shop, service, 'latency', 1.4, from);
    const labels = { alertname: 'ServiceLatencyHigh', namespace: naming.namespace, service: shop.entry };
    shop.world.alerts = [alertOf({ ...labels, severity: 'critical' }, times.alertAt)];
    expect(top(await investigate(shop.world, seenAt))).toMatchObject({ verdict: 'fault', name: shop.far });
  });

  it('tells of other name servers that came with a rollout, whatever the program says of its time-outs', async () => {
    const shop = healthyShop(naming);
    const former = shop.kept.get(shop.far)?.revision ?? 0;
    rollOut(shop, shop.far, {
      change: (shape) => shape,
      state: { ready: true, phase: 'Running', state: { running: { startedAt: times.faultAt } } },
      newPods: 2,
      oldPods: 0,
    });
    for (const [kind, name] of [
      ['Deployment', shop.far],
      ['ReplicaSet', `${shop.far}-${hashOfRevision(former + 1)}`],
    ] as const) {
      edit(shop, kind, name, (object) => {
        const changed = structuredClone(object) as { spec: { template: { spec: object } } };
        const names = { dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.53'] } };
        changed.spec.template.spec = { ...changed.spec.template.spec, ...names };
        return changed;
      });
    }
    errorsFrom(shop, [shop.entry, shop.near, shop.far]);
    alertOnEntry(shop);
    expect(top(await look(shop))).toMatchObject({ cause: 'network.dns-config-wrong', name: shop.far });
  });

  it('puts a key back that was taken out of a ConfigMap, when a container ends for want of it', async () => {
    const shop = healthyShop(naming);
    const data = { CURRENCY_TABLE: 'eur,usd,gbp', RETRY_LIMIT: '3' };
    shop.world.objects = shop.world.objects.filter(
      ({ kind, metadata }) => kind !== 'ConfigMap' || metadata.name !== `${shop.far}-settings`,
    );
    shop.world.objects.push(
      configMapOf(naming.namespace, `${shop.far}-settings`, { RETRY_LIMIT: '3' }, data),
    );
    const { pods } = breakPods(shop, shop.far, crashed(1, 'Error', shifted(times.faultAt, 20)));
    for (const pod of pods) {
      shop.world.logs.push({
        at: shifted(times.faultAt, 20),
        emitter: { namespace: naming.namespace, pod, container: naming.container },
        message: '{"level":"info","msg":"starting"}',
        previous: true,
      });
      shop.world.logs.push({
        at: shifted(times.faultAt, 21),
        emitter: { namespace: naming.namespace, pod, container: naming.container },
        message: '{"level":"fatal","msg":"required setting CURRENCY_TABLE is not set"}',
        previous: true,
      });
    }
    errorsFrom(shop, [shop.entry, shop.near]);
    disturb(shop, shop.far, 'traffic', undefined);
    alertOnEntry(shop);
    const found = await look(shop);
    expect(top(found)).toEqual({
      verdict: 'fault',
      cause: 'config.configmap-key-missing',
      kind: 'ConfigMap',
      name: `${shop.far}-settings`,
    });
    expect(firstStep(found)).toEqual({
      action: 'patch',
      object: `${shop.far}-settings`,
      arguments: { operations: [{ op: 'add', path: '/data/CURRENCY_TABLE', value: 'eur,usd,gbp' }] },
    });
    expect(found.plan?.steps).toHaveLength(1);
  });

  it('goes back on a rollout that took a setting out of the template', async () => {
    const shop = healthyShop(naming);
    const { pods } = rollOut(shop, shop.near, {
      change: withContainer({ env: [{ name: 'LOG_LEVEL', value: 'info' }] }),
      state: crashed(1, 'Error', shifted(times.faultAt, 20)),
      newPods: 2,
      oldPods: 0,
    });
    for (const pod of pods) {
      shop.world.logs.push({
        emitter: { namespace: naming.namespace, pod },
        message: 'Error: environment variable UPSTREAM is required',
        previous: true,
      });
    }
    errorsFrom(shop, [shop.entry]);
    alertOnEntry(shop);
    const found = await look(shop);
    expect(top(found)).toEqual({
      verdict: 'fault',
      cause: 'config.env-wrong',
      kind: 'Deployment',
      name: shop.near,
    });
    expect(found.diagnosis.summary).toContain('the former revision gave it');
    expect(firstStep(found)).toEqual({
      action: 'rollout-undo',
      object: shop.near,
      arguments: { toRevision: 1 },
    });
  });

  it('tells a key that the kubelet does not find from the reference that asks for it', async () => {
    const shop = healthyShop(naming);
    const { pods } = rollOut(shop, shop.far, {
      change: withContainer({
        env: [
          {
            name: 'TABLE',
            valueFrom: { configMapKeyRef: { name: `${shop.far}-settings`, key: 'TABLE_V2' } },
          },
        ],
      }),
      state: {
        ready: false,
        phase: 'Pending',
        state: {
          waiting: {
            reason: 'CreateContainerConfigError',
            message: `couldn't find key TABLE_V2 in ConfigMap ${naming.namespace}/${shop.far}-settings`,
          },
        },
      },
      newPods: 1,
      oldPods: 2,
    });
    shop.world.alerts = [
      alertOf({ alertname: 'PodNotReady', namespace: naming.namespace, pod: pods[0] ?? '' }, times.alertAt),
    ];
    const found = await look(shop);
    expect(top(found)).toEqual({
      verdict: 'fault',
      cause: 'config.configmap-key-missing',
      kind: 'Deployment',
      name: shop.far,
    });
    expect(firstStep(found)).toEqual({
      action: 'rollout-undo',
      object: shop.far,
      arguments: { toRevision: 1 },
    });
  });

  it('goes back on a rollout that lowered the memory limit until the kernel killed the container', async () => {
    const shop = healthyShop(naming);
    rollOut(shop, shop.last, {
      change: withContainer({
        resources: { limits: { cpu: '200m', memory: '16Mi' }, requests: { cpu: '20m', memory: '16Mi' } },
      }),
      state: crashed(137, 'OOMKilled', shifted(times.faultAt, 15)),
      newPods: 2,
      oldPods: 0,
    });
    errorsFrom(shop, [shop.entry, shop.near, shop.far]);
    alertOnEntry(shop);
    const found = await look(shop);
    expect(top(found)).toEqual({
      verdict: 'fault',
      cause: 'container.oom-killed',
      kind: 'Deployment',
      name: shop.last,
    });
    expect(firstStep(found)).toEqual({
      action: 'rollout-undo',
      object: shop.last,
      arguments: { toRevision: 1 },
    });
  });

  it('gives more memory where no rollout came before the kill', async () => {
    const shop = healthyShop(naming);
    breakPods(shop, shop.last, crashed(137, 'OOMKilled', shifted(times.faultAt, 15)));
    errorsFrom(shop, [shop.entry, shop.near, shop.far]);
    alertOnEntry(shop);
    const found = await look(shop);
    expect(top(found)).toEqual({
      verdict: 'fault',
      cause: 'container.oom-killed',
      kind: 'Deployment',
      name: shop.last,
    });
    expect(firstStep(found)).toEqual({
      action: 'set-resources',
      object: shop.last,
      arguments: { container: naming.container, limits: { memory: '192Mi' } },
    });
  });

  it('sets a service selector right that takes in no pod', async () => {
    const shop = healthyShop(naming);
    edit(shop, 'Service', shop.near, (service) => ({
      spec: { ...(service.spec as object), selector: { [naming.labelKey]: `${shop.near}-v2` } },
    }));
    recordEdit(shop, 'Service', shop.near);
    edit(shop, 'EndpointSlice', `${shop.near}-x7k2p`, () => ({ endpoints: [] }));
    errorsFrom(shop, [shop.entry]);
    disturb(shop, shop.near, 'traffic', undefined);
    alertOnEntry(shop);
    const found = await look(shop);
    expect(top(found)).toEqual({
      verdict: 'fault',
      cause: 'service.selector-mismatch',
      kind: 'Service',
      name: shop.near,
    });
    const path = `/spec/selector/${naming.labelKey.replaceAll('/', '~1')}`;
    expect(firstStep(found)).toEqual({
      action: 'patch',
      object: shop.near,
      arguments: { operations: [{ op: 'replace', path, value: shop.near }] },
    });
  });

  it('notices a service that takes in the pods of another', async () => {
    const shop = healthyShop(naming);
    edit(shop, 'Service', shop.far, (service) => ({
      spec: { ...(service.spec as object), selector: { [naming.labelKey]: shop.aside } },
    }));
    errorsFrom(shop, [shop.entry, shop.near]);
    alertOnEntry(shop);
    const found = await look(shop);
    expect(top(found)).toEqual({
      verdict: 'fault',
      cause: 'service.selector-mismatch',
      kind: 'Service',
      name: shop.far,
    });
  });

  it('scales back what was scaled to nothing, to the number that it had', async () => {
    const shop = healthyShop(naming);
    edit(shop, 'Deployment', shop.far, (deployment) => ({
      spec: { ...(deployment.spec as object), replicas: 0 },
      status: { observedGeneration: 2, conditions: [] },
    }));
    shop.world.objects = shop.world.objects.filter(
      ({ kind, metadata }) => kind !== 'Pod' || !metadata.name.startsWith(`${shop.far}-`),
    );
    edit(shop, 'EndpointSlice', `${shop.far}-x7k2p`, () => ({ endpoints: null }));
    event(
      shop,
      'Deployment',
      shop.far,
      'ScalingReplicaSet',
      `Scaled down replica set ${shop.far}-6d9c7b8f54 from 2 to 0`,
      times.faultAt,
      { type: 'Normal', count: 1 },
    );
    errorsFrom(shop, [shop.entry, shop.near]);
    disturb(shop, shop.far, 'traffic', undefined);
    alertOnEntry(shop);
    const found = await look(shop);
    expect(top(found)).toEqual({
      verdict: 'fault',
      cause: 'workload.scaled-to-zero',
      kind: 'Deployment',
      name: shop.far,
    });
    expect(firstStep(found)).toEqual({ action: 'scale', object: shop.far, arguments: { replicas: 2 } });
  });

  it('blames a release after which a service fails, and not the services above it', async () => {
    const shop = healthyShop(naming);
    rollOut(shop, shop.far, {
      change: withContainer({ image: `registry.example/${shop.far}:1.5.0` }),
      state: { ready: true, state: { running: { startedAt: times.faultAt } } },
      newPods: 2,
      oldPods: 0,
    });
    errorsFrom(shop, [shop.entry, shop.near, shop.far]);
    alertOnEntry(shop);
    const found = await look(shop);
    expect(top(found)).toEqual({
      verdict: 'fault',
      cause: 'application.bad-release',
      kind: 'Deployment',
      name: shop.far,
    });
    expect(firstStep(found)).toEqual({
      action: 'rollout-undo',
      object: shop.far,
      arguments: { toRevision: 1 },
    });
    expect(found.diagnosis.hypotheses[0]?.chain).toEqual([
      `Deployment ${naming.namespace}/${shop.far}`,
      `service ${shop.far}`,
      `service ${shop.near}`,
      `service ${shop.entry}`,
      'alert HighErrorRatio',
    ]);
  });

  it('is surer of a bad release when the older version beside it is fine', async () => {
    const build = (split: boolean) => {
      const shop = healthyShop(naming);
      rollOut(shop, shop.far, {
        change: withContainer({ image: `registry.example/${shop.far}:1.5.0` }),
        state: { ready: true, state: { running: { startedAt: times.faultAt } } },
        newPods: 1,
        oldPods: 1,
      });
      errorsFrom(shop, [shop.entry, shop.near, shop.far]);
      if (split) {
        addVersion(shop, shop.far, '1.4.0', 0.003, 0);
        addVersion(shop, shop.far, '1.5.0', 0.8, faultUnix);
      }
      alertOnEntry(shop);
      return shop;
    };
    const [without, withSplit] = [await look(build(false)), await look(build(true))];
    expect(top(withSplit).cause).toBe('application.bad-release');
    expect(withSplit.diagnosis.hypotheses[0]?.confidence).toBeGreaterThan(
      without.diagnosis.hypotheses[0]?.confidence ?? 1,
    );
  });

  it('walks slowness down two calls to a container whose CPU limit a rollout lowered', async () => {
    const shop = healthyShop(naming);
    rollOut(shop, shop.far, {
      change: withContainer({
        resources: { limits: { cpu: '10m', memory: '96Mi' }, requests: { cpu: '10m', memory: '32Mi' } },
      }),
      state: { ready: true, state: { running: { startedAt: times.faultAt } } },
      newPods: 2,
      oldPods: 0,
    });
    for (const service of [shop.entry, shop.near, shop.far])
      disturb(shop, service, 'latency', 1.4, faultUnix + 6);
    disturb(shop, shop.far, 'throttling', 0.85, faultUnix + 6);
    alertOnEntry(shop, 'HighLatency', 'requests are slow');
    const found = await look(shop);
    expect(top(found)).toEqual({
      verdict: 'fault',
      cause: 'resource.cpu-throttled',
      kind: 'Deployment',
      name: shop.far,
    });
    expect(firstStep(found)).toEqual({
      action: 'rollout-undo',
      object: shop.far,
      arguments: { toRevision: 1 },
    });
  });

  it('walks slowness down to a service whose settings a rollout changed', async () => {
    const shop = healthyShop(naming);
    rollOut(shop, shop.last, {
      change: withContainer({ env: [{ name: 'CACHE_SIZE', value: '0' }] }),
      state: { ready: true, state: { running: { startedAt: times.faultAt } } },
      newPods: 2,
      oldPods: 0,
    });
    for (const service of [shop.entry, shop.near, shop.far, shop.last])
      disturb(shop, service, 'latency', 0.9, faultUnix + 6);
    alertOnEntry(shop, 'HighLatency', 'requests are slow');
    const found = await look(shop);
    expect(top(found)).toEqual({
      verdict: 'fault',
      cause: 'config.env-wrong',
      kind: 'Deployment',
      name: shop.last,
    });
    expect(firstStep(found)).toEqual({
      action: 'rollout-undo',
      object: shop.last,
      arguments: { toRevision: 1 },
    });
  });

  it('gives more CPU to a throttled container that no rollout touched', async () => {
    const shop = healthyShop(naming);
    for (const service of [shop.entry, shop.near]) disturb(shop, service, 'latency', 1.1, faultUnix + 6);
    disturb(shop, shop.near, 'throttling', 0.7, faultUnix);
    alertOnEntry(shop, 'HighLatency', 'requests are slow');
    const found = await look(shop);
    expect(top(found)).toEqual({
      verdict: 'fault',
      cause: 'resource.cpu-throttled',
      kind: 'Deployment',
      name: shop.near,
    });
    expect(firstStep(found)).toEqual({
      action: 'set-resources',
      object: shop.near,
      arguments: { container: naming.container, limits: { cpu: '400m' } },
    });
  });

  it('finds a readiness probe that asks at a port where nothing listens', async () => {
    const shop = healthyShop(naming);
    const { pods } = rollOut(shop, shop.near, {
      change: withContainer({ probePort: 9099 }),
      state: { ready: false, state: { running: { startedAt: times.faultAt } } },
      newPods: 1,
      oldPods: 2,
    });
    event(
      shop,
      'Pod',
      pods[0] ?? '',
      'Unhealthy',
      'Readiness probe failed: Get "http://10.244.1.7:9099/healthz": dial tcp 10.244.1.7:9099: connect: connection refused',
      shifted(times.faultAt, 10),
    );
    shop.world.alerts = [
      alertOf(
        {
          alertname: 'DeploymentReplicasMismatch',
          namespace: naming.namespace,
          deployment: shop.near,
          service: 'kube-state-metrics',
          job: 'kube-state-metrics',
        },
        times.alertAt,
      ),
    ];
    const found = await look(shop);
    expect(top(found)).toEqual({
      verdict: 'fault',
      cause: 'probe.readiness-port',
      kind: 'Deployment',
      name: shop.near,
    });
    expect(firstStep(found)).toEqual({
      action: 'rollout-undo',
      object: shop.near,
      arguments: { toRevision: 1 },
    });
  });

  it('sets the probe to the port of the container where there is no revision to go back to', async () => {
    const shop = healthyShop(naming);
    const { pods } = rollOut(shop, shop.near, {
      change: withContainer({ probePort: 9099 }),
      state: { ready: false, state: { running: { startedAt: times.faultAt } } },
      newPods: 2,
      oldPods: 0,
    });
    shop.world.objects = shop.world.objects.filter(
      ({ kind, metadata }) => kind !== 'ReplicaSet' || metadata.name !== `${shop.near}-6d9c7b8f54`,
    );
    event(
      shop,
      'Pod',
      pods[0] ?? '',
      'Unhealthy',
      'Readiness probe failed: Get "http://10.244.1.7:9099/healthz": dial tcp 10.244.1.7:9099: connect: connection refused',
      shifted(times.faultAt, 10),
    );
    errorsFrom(shop, [shop.entry]);
    alertOnEntry(shop);
    const found = await look(shop);
    expect(top(found)).toEqual({
      verdict: 'fault',
      cause: 'probe.readiness-port',
      kind: 'Deployment',
      name: shop.near,
    });
    expect(firstStep(found)).toEqual({
      action: 'patch',
      object: shop.near,
      arguments: {
        operations: [
          {
            op: 'replace',
            path: '/spec/template/spec/containers/0/readinessProbe/httpGet/port',
            value: 8080,
          },
        ],
      },
    });
  });
});
