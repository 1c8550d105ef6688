import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { checkBundle } from '#mcp-tools/bundle/check-bundle.ts';
import { openBundle } from '#mcp-tools/bundle/open-bundle.ts';
import { writeBundleFiles } from '#mcp-tools/bundle/write/write-files.ts';
import {
  type KubernetesApi,
  startKubernetesApi,
  startKubernetesApiTimeoutMs,
} from '#test/setup/kubernetes-api.ts';
import { create, createNamespace, paths, workload } from '#test/setup/kubernetes-objects.ts';
import { diagnoseBundle } from '../diagnose/diagnose-bundle.ts';
import { diagnoseLive } from '../diagnose/diagnose-live.ts';
import { filesOfInvestigation } from './capture.ts';

const namespace = 'depot';
const hush = 'open sesame';
const { signal } = new AbortController();
let api: KubernetesApi;

beforeAll(async () => {
  api = await startKubernetesApi();
  await createNamespace(api.admin, namespace);
  await create(api.admin, paths.deployments(namespace), workload('till'));
  await create(api.admin, paths.secrets(namespace), {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'door', namespace },
    stringData: { word: hush },
  });
}, startKubernetesApiTimeoutMs);
afterAll(async () => api.stop());

test('what a live cluster shows is kept as a bundle that is in order, and diagnosed again as it was', async () => {
  const access = { name: 'test', kubeconfig: api.adminKubeconfig };
  const system = { access, prometheusUrl: undefined, alertmanagerUrl: undefined, backEnds: {} };
  const live = await diagnoseLive(system, { namespace, toKeep: true }, { now: Date.now, signal });
  const parent = await mkdtemp(join(tmpdir(), 'capture-'));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  const folder = join(parent, 'now');
  await writeBundleFiles(folder, filesOfInvestigation(live));
  expect((await checkBundle(folder, signal)).problems).toEqual([]);
  const bundle = await openBundle(folder);
  expect(bundle.info).toMatchObject({ cluster: 'test', namespaces: [namespace] });
  expect(bundle.paths).toEqual(
    expect.arrayContaining(['kubernetes/deployments.json', 'kubernetes/pods.json']),
  );
  const secrets = await readFile(join(folder, 'kubernetes/secrets.json'), 'utf8');
  expect(secrets).toContain('"word"');
  expect(secrets).not.toContain(Buffer.from(hush).toString('base64'));
  const { diagnosis } = await diagnoseBundle(bundle, { signal });
  expect(diagnosis.verdict).toBe(live.diagnosis.verdict);
  expect(diagnosis.hypotheses.map(({ cause, object }) => ({ cause, object }))).toEqual(
    live.diagnosis.hypotheses.map(({ cause, object }) => ({ cause, object })),
  );
});

test('nothing is written over', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'capture-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeBundleFiles(folder, new Map([['bundle.json', '{}']]));
  await expect(writeBundleFiles(folder, new Map())).rejects.toMatchObject({ code: 'conflict' });
});
