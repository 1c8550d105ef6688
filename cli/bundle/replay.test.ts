import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Investigation } from '#agents/investigate.ts';
import { investigate } from '#agents/testing/investigate.ts';
import {
  disturb,
  faultUnix,
  healthyShop,
  namings,
  rollOut,
  type Shop,
  times,
  withContainer,
} from '#agents/testing/shop.ts';
import { alertOf } from '#agents/testing/world.ts';
import { checkBundle } from '#mcp-tools/bundle/check-bundle.ts';
import { openBundle } from '#mcp-tools/bundle/open-bundle.ts';
import { listOf, makeBundle, plainInfo } from '#mcp-tools/bundle/testing/make-bundle.ts';
import { filesOfEvidence } from '#mcp-tools/bundle/write/files-of-evidence.ts';
import { writeBundleFiles } from '#mcp-tools/bundle/write/write-files.ts';
import { diagnoseBundle } from '../diagnose/diagnose-bundle.ts';

const { signal } = new AbortController();

async function exported({ view }: Investigation): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'export-'));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  const folder = join(parent, 'incident');
  const namespaces = view.findings.triage?.namespace;
  const head = {
    cluster: view.clusters[0] ?? 'lab',
    namespaces: namespaces === undefined ? [] : [namespaces],
    capturedAt: view.asOf,
    startsAt: view.incident.openedAt,
    alerts: view.alerts,
  };
  await writeBundleFiles(folder, filesOfEvidence(head, view.evidence));
  return folder;
}

function told({ diagnosis, plan }: Investigation) {
  const [first] = diagnosis.hypotheses;
  const { verdict, proposedFix } = diagnosis;
  return { verdict, cause: first?.cause, object: first?.object, proposedFix, steps: plan?.steps.length };
}

async function replayed(incident: Investigation) {
  const folder = await exported(incident);
  expect((await checkBundle(folder, signal)).problems).toEqual([]);
  return told(await diagnoseBundle(await openBundle(folder), { signal }));
}

function failing(shop: Shop): void {
  const { namespace } = shop.naming;
  for (const service of [shop.entry, shop.near, shop.far])
    disturb(shop, service, 'errors', 0.4, faultUnix + 8);
  const labels = { alertname: 'HighErrorRatio', namespace, service: shop.entry, severity: 'critical' };
  shop.world.alerts = [alertOf(labels, times.alertAt, 'many requests fail')];
}

describe('an incident that is exported and read again', () => {
  const [naming] = namings;
  if (naming === undefined) throw new Error('no naming');

  it('is diagnosed as it was', async () => {
    const shop = healthyShop(naming);
    failing(shop);
    rollOut(shop, shop.far, {
      change: withContainer({ image: `registry.example/${shop.far}:2.0` }),
      state: { ready: true, phase: 'Running', state: { running: { startedAt: times.faultAt } } },
      newPods: 2,
      oldPods: 0,
    });
    const incident = await investigate(shop.world, times.asOf);
    expect(incident.diagnosis.verdict).toBe('fault');
    expect(await replayed(incident)).toEqual(told(incident));
  });

  it('is healthy again where it was', async () => {
    const shop = healthyShop(naming);
    const { namespace } = naming;
    const labels = { alertname: 'HighErrorRatio', namespace, service: shop.entry };
    shop.world.alerts = [alertOf(labels, times.alertAt, 'many requests fail')];
    const incident = await investigate(shop.world, times.asOf);
    expect((await replayed(incident)).verdict).toBe(incident.diagnosis.verdict);
  });

  it('keeps what was missing', async () => {
    const shop = healthyShop(naming);
    shop.world.broken.monitors = 'Prometheus could not be reached';
    const folder = await exported(await investigate(shop.world, times.asOf, { alerts: shop.world.alerts }));
    const { info, paths } = await openBundle(folder);
    expect(info.gaps.join()).toContain('monitors: Prometheus could not be reached');
    expect(paths).not.toContain('monitors.json');
  });
});

it('a bundle that was made of a bundle holds no value of a Secret, and stays inside its folder', async () => {
  const bundle = await makeBundle({
    'bundle.json': { ...plainInfo, namespaces: ['n'] },
    'kubernetes/secrets.json': listOf({
      kind: 'Secret',
      metadata: { name: 'key', namespace: 'n' },
      data: { value: 'b3BlbiBzZXNhbWU=' },
    }),
    'kubernetes/pods.json': listOf(),
    'hosts/n1/units.json': [{ unit: 'a.service', active: 'active' }],
  });
  const { view } = await diagnoseBundle(bundle, { signal });
  const head = { cluster: 'lab', namespaces: ['n'], capturedAt: plainInfo.capturedAt, alerts: [] };
  const odd = view.evidence.map((one) => JSON.parse(JSON.stringify(one).replaceAll('n1', '../../../out')));
  const files = filesOfEvidence(head, odd);
  expect([...files.values()].join()).not.toContain('b3BlbiBzZXNhbWU=');
  expect(files.get('kubernetes/secrets.json')).toContain('"value"');
  expect([...files.keys()].filter((path) => path.includes('../'))).toEqual([]);
});
