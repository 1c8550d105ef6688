import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { investigate } from '#agents/testing/investigate.ts';
import {
  disturb,
  faultUnix,
  healthyShop,
  namings,
  rollOut,
  shifted,
  times,
  withContainer,
} from '#agents/testing/shop.ts';
import { alertOf } from '#agents/testing/world.ts';
import { openBundle } from '#mcp-tools/bundle/open-bundle.ts';
import { writeBundleFiles } from '#mcp-tools/bundle/write/write-files.ts';
import { diagnoseBundle } from '../diagnose/diagnose-bundle.ts';
import { incidentForm } from '../wire.ts';
import { filesOfIncident } from './export.ts';

const { signal } = new AbortController();
const id = '01970000-0000-7000-8000-000000000001';

async function diagnosedIncident() {
  const [naming] = namings;
  if (naming === undefined) throw new Error('no naming');
  const shop = healthyShop(naming);
  for (const service of [shop.entry, shop.near, shop.far])
    disturb(shop, service, 'errors', 0.4, faultUnix + 8);
  const labels = { alertname: 'HighErrorRatio', namespace: naming.namespace, service: shop.entry };
  shop.world.alerts = [alertOf(labels, times.alertAt, 'many requests fail')];
  rollOut(shop, shop.far, {
    change: withContainer({ image: `registry.example/${shop.far}:2.0` }),
    state: { ready: true, phase: 'Running', state: { running: { startedAt: times.faultAt } } },
    newPods: 2,
    oldPods: 0,
  });
  return investigate(shop.world, times.asOf);
}

function readingOf({ view, diagnosis }: Awaited<ReturnType<typeof diagnosedIncident>>, diagnosed = true) {
  const turn = (turnSeq: number, agent: string, task: string, finding: unknown) => ({
    ...{ workflowId: `incident/${id}`, asOf: view.asOf, turnSeq, agent, task },
    decision: { kind: 'finding', finding },
  });
  return incidentForm.parse({
    incident: {
      ...view.incident,
      ...{ id, status: 'closed', phase: 'closed', environment: 'production', updatedAt: view.asOf },
    },
    alerts: view.alerts,
    turns: [
      turn(1, 'master', 'triage', view.findings.triage),
      ...(diagnosed ? [turn(2, 'diagnosis', 'diagnose', diagnosis)] : []),
    ],
    ...{ toolCalls: [], plans: [], steps: [], gates: [], ledger: [] },
  });
}

it('an incident that is exported is diagnosed as it was, from what its last diagnosis was made of', async () => {
  const incident = await diagnosedIncident();
  const [first] = incident.view.evidence;
  if (first === undefined) throw new Error('no evidence');
  // A look after the diagnosis is of another time: what a step did.
  const later = { ...first, id: 'later', asOf: shifted(times.asOf, 600), gaps: ['seen later'] };
  const reading = readingOf(incident);
  // As the record has it when it is exported: ended meanwhile, and another one came.
  const [alert] = reading.alerts;
  if (alert === undefined) throw new Error('no alert');
  const alerts = [
    { ...alert, status: 'resolved' as const, endsAt: shifted(times.asOf, 300) },
    { ...alert, fingerprint: 'ffff', labels: { alertname: 'Later' }, startsAt: shifted(times.asOf, 60) },
  ];
  const files = filesOfIncident({ ...reading, alerts }, [...incident.view.evidence, later]);
  expect(JSON.parse(files.get('alert.json') ?? '').alerts).toMatchObject([{ status: 'firing' }]);
  const parent = await mkdtemp(join(tmpdir(), 'export-'));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  await writeBundleFiles(join(parent, 'it'), files);
  const bundle = await openBundle(join(parent, 'it'));
  expect(bundle.info.gaps.join()).not.toContain('seen later');
  const { diagnosis } = await diagnoseBundle(bundle, { signal });
  const told = ({ verdict, hypotheses, proposedFix }: typeof diagnosis) => ({
    ...{ verdict, proposedFix },
    causes: hypotheses.map(({ cause, object }) => [cause, object]).slice(0, 1),
  });
  expect(told(diagnosis)).toEqual(told(incident.diagnosis));
});

it('an incident without a diagnosis has nothing to export, and that is said', async () => {
  const reading = readingOf(await diagnosedIncident(), false);
  expect(() => filesOfIncident(reading, [])).toThrow(/has not been diagnosed yet/);
});
