import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import {
  type KubernetesApi,
  startKubernetesApi,
  startKubernetesApiTimeoutMs,
} from '#test/setup/kubernetes-api.ts';
import { createApiClient } from './api-client.ts';

let api: KubernetesApi;
let folder: string;

beforeAll(async () => {
  api = await startKubernetesApi();
  folder = join(api.folder, 'accounts');
  await mkdir(folder);
}, startKubernetesApiTimeoutMs);
afterAll(() => api?.stop());

const reviewSchema = z.object({ status: z.object({ userInfo: z.object({ username: z.string() }) }) });
const tokenSchema = z.object({ status: z.object({ token: z.string() }) });
const userSchema = z.object({
  users: z.tuple([
    z.object({ user: z.object({ 'client-certificate-data': z.string(), 'client-key-data': z.string() }) }),
  ]),
});

/** Writes a kubeconfig that leads to the test's API server with this user. */
async function kubeconfig(name: string, user: object, more: object = {}): Promise<string> {
  const path = join(folder, `${name}.yaml`);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
    clusters: [
      {
        name: 'c',
        cluster: {
          server: `${api.url}/`,
          'certificate-authority-data': Buffer.from(api.caPem).toString('base64'),
        },
      },
      { name: 'half-made', cluster: {} },
    ],
    users: [{ name: 'u', user }],
    ...more,
  };
  await writeFile(path, stringify(config), { mode: 0o600 });
  return path;
}

/** Whom the API server takes us for. */
function askerOf(path: string): () => Promise<string> {
  const client = createApiClient({ name: 'test', kubeconfig: path });
  return async () => {
    const review = await client.json({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
      signal: AbortSignal.timeout(30_000),
    });
    return reviewSchema.parse(review).status.userInfo.username;
  };
}
const whoAmI = (path: string): Promise<string> => askerOf(path)();

async function tokenOf(account: string): Promise<string> {
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  const signal = AbortSignal.timeout(30_000);
  const metadata = { name: account };
  await api.admin.json({ method: 'POST', path: accounts, body: { metadata }, signal });
  const path = `${accounts}/${account}/token`;
  return tokenSchema.parse(await api.admin.json({ method: 'POST', path, body: {}, signal })).status.token;
}

async function keyPairOf(user: string): Promise<{ certificate: string; key: string }> {
  const [{ user: pair }] = userSchema.parse(
    parse(await readFile(await api.kubeconfigOf(user, ['system:masters']), 'utf8')),
  ).users;
  const decode = (data: string): string => Buffer.from(data, 'base64').toString('utf8');
  return { certificate: decode(pair['client-certificate-data']), key: decode(pair['client-key-data']) };
}

describe('an account of a kubeconfig', () => {
  test('may be a certificate in files beside it', async () => {
    const { certificate, key } = await keyPairOf('bob');
    await writeFile(join(folder, 'bob.crt'), certificate);
    await writeFile(join(folder, 'bob.key'), key, { mode: 0o600 });
    const path = await kubeconfig('files', { 'client-certificate': 'bob.crt', 'client-key': 'bob.key' });
    expect(await whoAmI(path)).toBe('bob');
  });

  test('may be a token, and one that is renewed in its file is read again', async () => {
    const first = await tokenOf('first');
    expect(await whoAmI(await kubeconfig('token', { token: first }))).toBe(
      'system:serviceaccount:default:first',
    );
    await writeFile(join(folder, 'token'), `${first}\n`);
    const ask = askerOf(await kubeconfig('token-file', { tokenFile: 'token' }));
    expect(await ask()).toBe('system:serviceaccount:default:first');
    await writeFile(join(folder, 'token'), await tokenOf('second'));
    expect(await ask()).toBe('system:serviceaccount:default:second');
  });

  test('may act as another, and does', async () => {
    const { certificate, key } = await keyPairOf('carol');
    const pair = {
      'client-certificate-data': Buffer.from(certificate).toString('base64'),
      'client-key-data': Buffer.from(key).toString('base64'),
    };
    expect(await whoAmI(await kubeconfig('as', { ...pair, as: 'only-a-reader' }))).toBe('only-a-reader');
  });

  test('may come from a plug-in', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: await tokenOf('plugged') },
    };
    const program = join(folder, 'plug-in');
    await writeFile(program, `#!/bin/sh\nprintf '%s' '${JSON.stringify(credential)}'\n`);
    await chmod(program, 0o700);
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: program,
      interactiveMode: 'Never',
    };
    expect(await whoAmI(await kubeconfig('exec', { exec }))).toBe('system:serviceaccount:default:plugged');
  });
});

describe('a kubeconfig that cannot be used says why, and shows no secret', () => {
  const refusal = async (user: object, more: object = {}): Promise<string> => {
    const path = await kubeconfig('wrong', user, more);
    const error = await whoAmI(path).then(
      () => expect.unreachable('it was used'),
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'configuration', message: expect.stringContaining(path) });
    const { message } = z.object({ message: z.string() }).parse(error);
    expect(message).not.toContain('hunter2');
    return message;
  };

  test.each([
    ['a token that is no text', { token: { hunter2: 'hunter2' } }, {}, 'token'],
    ['groups to act as', { token: 'hunter2', 'as-groups': ['readers'] }, {}, 'as-groups'],
    ['a certificate file that is not there', { 'client-certificate': 'gone.crt' }, {}, 'gone.crt'],
    ['no clusters', { token: 'hunter2' }, { clusters: [] }, 'a cluster c that it has not'],
    ['no users', {}, { users: [] }, 'a user u that it has not'],
    [
      'a server that is no address',
      { token: 'hunter2' },
      { clusters: [{ name: 'c', cluster: { server: 'over there' } }] },
      'server',
    ],
    [
      'a server that listens without TLS',
      { token: 'hunter2' },
      { clusters: [{ name: 'c', cluster: { server: 'http://127.0.0.1:1' } }] },
      'plain HTTP',
    ],
  ])('%s', async (_, user, more, told) => {
    expect(await refusal(user, more)).toContain(told);
  });

  test('a file that is no YAML', async () => {
    const path = join(folder, 'broken.yaml');
    await writeFile(path, 'users: [{token: hunter2\n  : ]');
    await expect(whoAmI(path)).rejects.toMatchObject({
      code: 'configuration',
      message: expect.not.stringContaining('hunter2'),
    });
  });
});
