import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type KubernetesApi,
  startKubernetesApi,
  startKubernetesApiTimeoutMs,
} from '#test/setup/kubernetes-api.ts';
import { create, createNamespace, paths } from '#test/setup/kubernetes-objects.ts';
import { run } from '../testing/run.ts';

const lists = {
  deployments: [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'shop', namespace: 'market' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'shop' } },
        template: {
          metadata: { labels: { app: 'shop' } },
          spec: { containers: [{ name: 'app', env: [{ name: 'CACHE_ADDR', value: 'cache:6380' }] }] },
        },
      },
    },
  ],
  services: [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'cache', namespace: 'market' },
      spec: { selector: { app: 'cache' }, ports: [{ port: 6379 }] },
    },
  ],
  secrets: [],
};

async function writeBundle(
  folder: string,
  kinds: Readonly<Record<string, readonly unknown[]>>,
): Promise<void> {
  await mkdir(join(folder, 'kubernetes'), { recursive: true });
  const info = {
    format: 'understudy-evidence/1',
    cluster: 'blue',
    namespaces: ['market'],
    capturedAt: '2026-03-04T12:00:00Z',
    gaps: ['events: nobody kept them'],
  };
  await writeFile(join(folder, 'bundle.json'), JSON.stringify(info));
  for (const [kind, items] of Object.entries(kinds)) {
    await writeFile(join(folder, 'kubernetes', `${kind}.json`), JSON.stringify({ kind: 'List', items }));
  }
}

describe('analyze on bundles', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'understudy-analyze-'));
    await writeBundle(join(folder, 'one'), lists);
    await writeBundle(join(folder, 'two'), { pods: [] });
    await mkdir(join(folder, 'three'));
    await writeFile(join(folder, 'three', 'bundle.json'), '{"format":');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('prints a table for people, with what could not be looked at', async () => {
    const { code, stdout, stderr } = await run(['analyze', '--bundle', join(folder, 'one')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/error +Deployment market\/shop +config\.port-wrong/);
    expect(stdout).toContain('1 error');
    expect(stderr).toContain('not looked at: events: nobody kept them');
  });

  it('prints everything as JSON: evidence, and what would mend it', async () => {
    const { stdout } = await run(['analyze', '--bundle', join(folder, 'one'), '-o', 'json']);
    const { cluster, findings } = JSON.parse(stdout);
    expect(cluster).toBe('blue');
    expect(findings[0]).toMatchObject({
      object: { kind: 'Deployment', namespace: 'market', name: 'shop' },
      code: 'config.port-wrong',
      severity: 'error',
      evidence: [{ quote: 'cache:6380' }, { quote: '6379' }],
      fix: [{ action: 'patch' }],
    });
  });

  it('prints a line for each bundle of a folder, those that cannot be read included', async () => {
    const { code, stdout } = await run(['analyze', '--bundles', folder, '-o', 'ndjson']);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(lines.map(({ bundle, findings }) => [bundle, findings.length])).toEqual([
      ['one', expect.any(Number)],
      ['three', 0],
      ['two', 0],
    ]);
    expect(lines[0].findings[0]).toMatchObject({ code: 'config.port-wrong', severity: 'error' });
    expect(lines[1].gaps[0]).toContain('bundle.json');
  });

  it('leaves out what is below the severity asked for, and other namespaces', async () => {
    const args = ['analyze', '--bundle', join(folder, 'one'), '-o', 'ndjson'];
    expect((await run([...args, '--namespace', 'elsewhere'])).stdout).toBe('');
    const { stdout } = await run([...args, '--severity', 'error']);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).severity),
    ).toEqual(['error']);
  });

  it('says what is missing where nothing, or too much, is named', async () => {
    const nothing = await run(['analyze'], { cwd: folder });
    expect(nothing.code).toBe(2);
    expect(nothing.stderr).toContain('--kubeconfig');
    const both = await run(['analyze', '--bundle', 'one', '--bundles', '.'], { cwd: folder });
    expect(both.code).toBe(2);
  });
});

describe('analyze on a live cluster', () => {
  let api: KubernetesApi;
  beforeAll(async () => {
    api = await startKubernetesApi();
    await createNamespace(api.admin, 'market');
    await create(api.admin, paths.services('market'), {
      metadata: { name: 'cache' },
      spec: { selector: { app: 'cache' }, ports: [{ port: 6379 }] },
    });
    await create(api.admin, '/apis/networking.k8s.io/v1/namespaces/market/ingresses', {
      metadata: { name: 'front' },
      spec: {
        rules: [
          {
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'Prefix',
                  backend: { service: { name: 'cahce', port: { number: 6379 } } },
                },
              ],
            },
          },
        ],
      },
    });
  }, startKubernetesApiTimeoutMs);
  afterAll(() => api.stop());

  it('reads it and counts what it asked', async () => {
    const { code, stdout } = await run([
      'analyze',
      '--kubeconfig',
      api.adminKubeconfig,
      '-o',
      'json',
      '--namespace',
      'market',
    ]);
    expect(code).toBe(0);
    const { findings, apiCalls, gaps } = JSON.parse(stdout);
    expect(findings).toMatchObject([
      {
        object: { kind: 'Ingress', name: 'front' },
        code: 'routing.ingress-backend-missing',
        severity: 'error',
        fix: [{ action: 'patch', arguments: { operations: [{ value: 'cache' }] } }],
      },
      // What is left over is told as well.
      { object: { kind: 'Service', name: 'cache' }, code: 'service.no-ready-endpoints', severity: 'warning' },
    ]);
    expect(apiCalls).toBeGreaterThan(10);
    expect(gaps).toEqual([]);
  });

  it('says that it cannot be reached', async () => {
    const { code, stderr } = await run(['analyze', '--kubeconfig', '/nonexistent/kubeconfig']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('/nonexistent/kubeconfig');
  });
});
