import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { grantAudience, grantIssuer } from '#domain/grant.ts';
import { stepAnnotation } from '#domain/tools/kubernetes-actions.ts';
import { startKubernetesApiTimeoutMs } from '#test/setup/kubernetes-api.ts';
import { create, merge, paths, read, rolledOut, workload } from '#test/setup/kubernetes-objects.ts';
import { type Fate, startApiProxy } from '#test/setup/kubernetes-proxy.ts';
import {
  type ActionBench,
  call,
  type GrantChanges,
  type Granted,
  namespace,
  startActionBench,
} from './testing/action-bench.ts';

let bench: ActionBench;
let count = 0;
/** A ConfigMap that nobody else writes: its resourceVersion tells of every write. */
let name: string;
let path: string;

beforeAll(async () => {
  bench = await startActionBench();
}, startKubernetesApiTimeoutMs);

afterAll(() => bench.stop());

beforeEach(async () => {
  bench.world.stopped = false;
  bench.world.burningFails = false;
  count += 1;
  name = `settings-${count}`;
  path = paths.configMaps(namespace, name);
  await create(bench.admin, paths.configMaps(namespace), {
    metadata: { name },
    data: { size: '10', mode: 'slow' },
  });
});

const operations = [{ op: 'replace', path: '/data/size', value: '20' }];
const setSize = () => call('patch', 'ConfigMap', name, { operations });

function isWrite({ method, url }: { method: string; url: string }): boolean {
  return method === 'PATCH' && !url.includes('dryRun');
}

async function expectNoEffect(step: Granted, work: () => Promise<unknown>): Promise<unknown> {
  const before = await read(bench.admin, path);
  const outcome = await work();
  const after = await read(bench.admin, path);
  expect(after.metadata.resourceVersion, 'nothing was written').toBe(before.metadata.resourceVersion);
  expect(after.metadata.annotations?.[stepAnnotation]).not.toBe(step.stepId);
  return outcome;
}

const strangerKeys = generateKeyPairSync('ed25519');

const badGrants: readonly {
  readonly title: string;
  readonly changes: GrantChanges;
  readonly says: RegExp;
}[] = [
  { title: 'signed by somebody else', changes: { key: strangerKeys.privateKey }, says: /signature/ },
  { title: 'expired', changes: { expiresInSeconds: -1 }, says: /exp/ },
  { title: 'for another audience', changes: { audience: 'understudy-console' }, says: /aud/ },
  { title: 'of another issuer', changes: { issuer: 'somebody' }, says: /iss/ },
  { title: 'for another step', changes: { claims: { stepId: 'other/1/1' } }, says: /another step/ },
  { title: 'for another action', changes: { claims: { action: 'scale' } }, says: /another action/ },
  { title: 'for another cluster', changes: { claims: { cluster: 'production' } }, says: /another cluster/ },
  {
    title: 'for other arguments',
    changes: { claims: { argsHash: 'a'.repeat(64) } },
    says: /not those that were approved/,
  },
  {
    title: 'for another policy',
    changes: { claims: { policyVersion: 'policy-2' } },
    says: /not those that were approved/,
  },
  { title: 'for a lower risk', changes: { claims: { riskClass: 'adjust' } }, says: /disrupt by now/ },
];

describe('a grant that is not good', () => {
  test.each(badGrants)('$title has no effect', async ({ changes, says }) => {
    const step = await bench.grantStep(setSize(), changes);
    const outcome = await expectNoEffect(step, () => bench.execute(step));
    expect(outcome).toMatchObject({ effect: 'refused', detail: expect.stringMatching(says) });
  });

  test('that was made up, or is signed with the public key as if it were a secret, has no effect', async () => {
    const step = await bench.grantStep(setSize());
    const claims = JSON.parse(Buffer.from(step.grant.split('.')[1] ?? '', 'base64url').toString());
    const publicPem = bench.keys.publicKey.export({ type: 'spki', format: 'pem' });
    const confused = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(grantIssuer)
      .setAudience(grantAudience)
      .sign(Buffer.from(publicPem));
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${step.grant.split('.')[1]}.`;
    for (const grant of [confused, unsigned, 'nonsense']) {
      const outcome = await expectNoEffect(step, () => bench.execute({ ...step, grant }));
      expect(outcome).toMatchObject({ effect: 'refused', detail: expect.stringMatching(/^grant: /) });
    }
  });

  test('that was used for a step which somebody then undid has no effect again', async () => {
    const step = await bench.grantStep(setSize());
    expect(await bench.execute(step)).toMatchObject({ effect: 'applied' });
    await merge(bench.admin, path, {
      metadata: { annotations: { [stepAnnotation]: null } },
      data: { size: '10' },
    });
    const outcome = await expectNoEffect(step, () => bench.execute(step));
    expect(outcome).toMatchObject({ effect: 'refused', detail: expect.stringMatching(/used already/) });
  });

  test('that cannot be used up has no effect', async () => {
    const step = await bench.grantStep(setSize());
    bench.world.burningFails = true;
    const outcome = await expectNoEffect(step, () => bench.execute(step));
    expect(outcome).toMatchObject({
      effect: 'refused',
      detail: expect.stringMatching(/could not be used up/),
    });
  });
});

test('while all writes are stopped nothing is written, and the grant stays good', async () => {
  const step = await bench.grantStep(setSize());
  bench.world.stopped = true;
  const outcome = await expectNoEffect(step, () => bench.execute(step));
  expect(outcome).toMatchObject({ effect: 'refused', detail: 'all writes are stopped' });
  bench.world.stopped = false;
  expect(await bench.execute(step)).toMatchObject({ effect: 'applied' });
});

describe('an object that changed since the dry run', () => {
  test('in a field of the step is left alone', async () => {
    const step = await bench.grantStep(setSize());
    await merge(bench.admin, path, { data: { size: '15' } });
    const outcome = await expectNoEffect(step, () => bench.execute(step));
    expect(outcome).toMatchObject({ effect: 'refused' });
  });

  test('and was made anew under its name is left alone', async () => {
    const step = await bench.grantStep(setSize());
    await bench.admin.json({ method: 'DELETE', path, signal: AbortSignal.timeout(30_000) });
    await create(bench.admin, paths.configMaps(namespace), {
      metadata: { name },
      data: { size: '10', mode: 'slow' },
    });
    const outcome = await expectNoEffect(step, () => bench.execute(step));
    expect(outcome).toMatchObject({ effect: 'refused' });
  });

  test('in other fields alone is still changed as approved', async () => {
    const step = await bench.grantStep(setSize());
    await merge(bench.admin, path, { metadata: { labels: { team: 'shop' } }, data: { mode: 'fast' } });
    expect(await bench.execute(step)).toMatchObject({ effect: 'applied' });
    expect(await read(bench.admin, path)).toMatchObject({
      metadata: { labels: { team: 'shop' } },
      data: { size: '20', mode: 'fast' },
    });
  });

  test('is refused when the revision to go back to has gone', async () => {
    await create(bench.admin, paths.deployments(namespace), workload('gone', { replicas: 1 }));
    await rolledOut(bench.admin, namespace, 'gone', '1');
    const deployment = paths.deployments(namespace, 'gone');
    await merge(bench.admin, deployment, {
      spec: { template: { metadata: { annotations: { release: '2' } } } },
    });
    await rolledOut(bench.admin, namespace, 'gone', '2');
    const step = await bench.grantStep(call('rollout-undo', 'Deployment', 'gone', { toRevision: 1 }));
    await merge(bench.admin, deployment, {
      spec: { template: { metadata: { annotations: { release: '3' } } } },
    });
    await rolledOut(bench.admin, namespace, 'gone', '3');
    expect(await bench.execute(step)).toMatchObject({ effect: 'refused' });
    expect(await read(bench.admin, deployment)).toMatchObject({
      spec: { template: { metadata: { annotations: { release: '3' } } } },
    });
  });
});

describe('a step that comes twice', () => {
  test('at the same time is taken once', async () => {
    let writes = 0;
    const proxy = await startApiProxy(bench.api, bench.actor, (request): Fate => {
      if (isWrite(request)) writes += 1;
      return 'pass';
    });
    try {
      const step = await bench.grantStep(setSize());
      const over = bench.clientOver(proxy.kubeconfig);
      const outcomes = await Promise.all(Array.from({ length: 5 }, () => bench.execute(step, over)));
      expect(outcomes.filter((outcome) => outcome.effect === 'applied')).toHaveLength(1);
      expect(writes).toBe(1);
      expect(await read(bench.admin, path)).toMatchObject({ data: { size: '20' } });
    } finally {
      proxy.close();
    }
  });

  test('with an answer that was lost is known by its mark, and is not repeated', async () => {
    const proxy = await startApiProxy(
      bench.api,
      bench.actor,
      ({ method, url }): Fate => (method === 'PATCH' && !url.includes('dryRun') ? 'lose-answer' : 'pass'),
    );
    try {
      const step = await bench.grantStep(setSize());
      const over = bench.clientOver(proxy.kubeconfig);
      expect(await bench.execute(step, over)).toMatchObject({ effect: 'applied' });
      const after = await read(bench.admin, path);
      expect(after).toMatchObject({ data: { size: '20' } });
      expect(await bench.execute(step, over)).toMatchObject({ effect: 'already-there' });
      expect((await read(bench.admin, path)).metadata.resourceVersion).toBe(after.metadata.resourceVersion);
    } finally {
      proxy.close();
    }
  });

  test('is found though its grant has expired and was used', async () => {
    const step = await bench.grantStep(setSize());
    expect(await bench.execute(step)).toMatchObject({ effect: 'applied' });
    const expired = await bench.sign(step.call, step.stepId, step.prepared, { expiresInSeconds: -10 });
    expect(await bench.execute({ ...step, grant: expired })).toMatchObject({ effect: 'already-there' });
  });
});

describe('somebody who writes between our look and our write', () => {
  /** Executes while the proxy has somebody else write just before the first write of ours goes through. */
  async function executeMeanwhile(step: Granted, meanwhile: () => Promise<unknown>) {
    let writes = 0;
    const proxy = await startApiProxy(bench.api, bench.actor, (request): Fate => {
      if (!isWrite(request)) return 'pass';
      writes += 1;
      return writes === 1 ? { meanwhile } : 'pass';
    });
    try {
      return { outcome: await bench.execute(step, bench.clientOver(proxy.kubeconfig)), writes };
    } finally {
      proxy.close();
    }
  }

  test('other fields does not stop an approved step, and keeps what he wrote', async () => {
    const step = await bench.grantStep(setSize());
    const { outcome, writes } = await executeMeanwhile(step, () =>
      merge(bench.admin, path, { metadata: { annotations: { note: 'mine' } } }),
    );
    expect(outcome).toMatchObject({ effect: 'applied' });
    expect(writes, 'the first try met annotations that were not there').toBe(2);
    expect(await read(bench.admin, path)).toMatchObject({
      metadata: { annotations: { note: 'mine', [stepAnnotation]: step.stepId } },
      data: { size: '20' },
    });
  });

  test('a field of the step keeps his value', async () => {
    const step = await bench.grantStep(setSize());
    const { outcome, writes } = await executeMeanwhile(step, () =>
      merge(bench.admin, path, { data: { size: '15' } }),
    );
    expect(outcome).toMatchObject({
      effect: 'refused',
      detail: expect.stringContaining('changed meanwhile'),
    });
    expect(writes).toBe(1);
    expect(await read(bench.admin, path)).toMatchObject({ data: { size: '15' } });
  });

  test('a field that was absent keeps his value', async () => {
    const added = [{ op: 'add', path: '/data/limit', value: '7' }];
    const step = await bench.grantStep(call('patch', 'ConfigMap', name, { operations: added }));
    const { outcome } = await executeMeanwhile(step, () =>
      merge(bench.admin, path, { data: { limit: '99' } }),
    );
    expect(outcome).toMatchObject({ effect: 'refused' });
    expect(await read(bench.admin, path)).toMatchObject({ data: { limit: '99' } });
  });

  test('a new object under the old name keeps it as it is', async () => {
    const step = await bench.grantStep(setSize());
    const { outcome } = await executeMeanwhile(step, async () => {
      await bench.admin.json({ method: 'DELETE', path, signal: AbortSignal.timeout(30_000) });
      const data = { size: '10', mode: 'slow' };
      await create(bench.admin, paths.configMaps(namespace), { metadata: { name }, data });
    });
    expect(outcome).toMatchObject({ effect: 'refused' });
    expect(await read(bench.admin, path)).toMatchObject({ data: { size: '10' } });
  });
});

test('where the API server is away before anything was sent, it is an error and the grant stays good', async () => {
  let away = true;
  const proxy = await startApiProxy(
    bench.api,
    bench.actor,
    (): Fate => (away ? (response) => response.destroy() : 'pass'),
  );
  try {
    const step = await bench.grantStep(setSize());
    const over = bench.clientOver(proxy.kubeconfig);
    await expect(bench.execute(step, over)).rejects.toMatchObject({ code: 'unavailable' });
    away = false;
    expect(await bench.execute(step, over)).toMatchObject({ effect: 'applied' });
  } finally {
    proxy.close();
  }
});
