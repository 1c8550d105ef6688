import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { generate, generateSecret } from 'otplib';
import { onTestFinished } from 'vitest';
import { argsHash, diffDigest } from '#domain/actions/args-hash.ts';
import type { Decision, Gate } from '#domain/gate.ts';
import { workflowIds } from '#domain/ids.ts';
import { type Plan, stepIdOf } from '#domain/plan.ts';
import { policyVersionOf, type Role, shippedPolicy } from '#domain/policy/policy.ts';
import { serviceCatalogueSchema } from '#domain/service-catalogue.ts';
import { fromMs, type Instant, toMs } from '#domain/time.ts';
import { acceptDeliveries } from '#store/deliveries.ts';
import { openGate } from '#store/gates.ts';
import { putPlan } from '#store/plans.ts';
import { putStep, setStep } from '#store/steps.ts';
import { useFolder } from '#store/test-folder.ts';
import { aDelivery, type TestStore, useStore } from '#store/test-store.ts';
import { createUser } from '#store/users.ts';
import { useTemporal } from '#test/setup/services.ts';
import { signalNames, workflowTypes } from '#workflows/contracts.ts';
import { connectWorkflows } from '../temporal/workflows.ts';
import type { DecideDeps } from './decide.ts';
import { signDecision } from './decision-token.ts';
import type { GrantDeps } from './issue-grant.ts';
import { ensureSigningKeys } from './signing-keys.ts';

export const object = { cluster: 'range', kind: 'Deployment', namespace: 'shop', name: 'checkout' };
const changes = [{ path: '/spec/replicas', before: 1, after: 2 }];
const policyVersion = policyVersionOf(shippedPolicy);
const targetUid = 'uid-of-checkout';

export type Court = {
  readonly db: TestStore;
  readonly deps: GrantDeps & DecideDeps;
  readonly client: Client;
  /** Seeds of one-time codes, by user. */
  readonly seeds: ReadonlyMap<string, string>;
  /** A gate on a scale from 1 to 2 of an open incident, asked by a real run that nobody works on. */
  readonly open: (fields?: Partial<Gate>) => Promise<Gate>;
  /** Sends anything as `decide`, as whoever can reach Temporal could. */
  readonly send: (gate: Pick<Gate, 'workflowId' | 'runId'>, payload: unknown) => Promise<void>;
  /** A decision with the token that the server would sign for a user. */
  readonly signed: (user: string, gate: Gate, fields?: Partial<Decision>) => Promise<Decision>;
  /** A decision with a user's one-time code of a moment. */
  readonly coded: (user: string, gate: Gate, at?: Instant) => Promise<Decision>;
};

const users: readonly { name: string; roles: Role[] }[] = [
  { name: 'alice', roles: ['approver'] },
  { name: 'bob', roles: ['approver', 'admin'] },
  { name: 'victor', roles: ['viewer'] },
];

export const hashOfGate = (
  gate: Pick<Gate, 'action' | 'arguments' | 'changes' | 'policyVersion'> & Partial<Pick<Gate, 'diffDigest'>>,
): string =>
  argsHash({
    ...{ action: gate.action, cluster: object.cluster, targetUid, arguments: gate.arguments },
    ...{ policyVersion: gate.policyVersion, diffDigest: gate.diffDigest ?? diffDigest(gate.changes) },
  });

export function contentOf(gate: Gate, fields: Partial<Decision> = {}): Omit<Decision, 'proof'> {
  const { proof: _, ...rest } = fields;
  return { gateId: gate.gateId, argsHash: gate.argsHash, decision: 'approve', ...rest };
}

/** A store with people and a gate maker, a real Temporal server, and a judge. */
export async function useCourt(fields: Partial<Court['deps']> = {}): Promise<Court> {
  const db = await useStore();
  const { address, namespace } = await useTemporal();
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace });
  const workflows = connectWorkflows({ address, namespace, tenant: 'default' });
  onTestFinished(async () => {
    await workflows.close();
    await connection.close();
  });
  const keys = await ensureSigningKeys(join(await useFolder(), 'keys'));
  const seeds = new Map(users.map(({ name }) => [name, generateSecret()]));
  await db.run(async (tx) => {
    const at = new Date().toISOString();
    for (const user of users) {
      const totpSecret = seeds.get(user.name) ?? '';
      await createUser(tx, { ...user, kind: 'person', totpSecret, at });
    }
    const robot = { name: 'range-approver', kind: 'service', roles: ['approver'] } as const;
    await createUser(tx, { ...robot, environments: ['practice'], at });
  });
  const deps: Court['deps'] = {
    ...{ store: db.store, tenant: 'default', workflows, keys, clusters: ['range'], readOnly: false },
    serviceCatalogue: serviceCatalogueSchema.parse({
      namespaces: { 'range/*': { environment: 'practice' } },
    }),
    now: () => fromMs(Date.now()),
    ...fields,
  };
  const now = (): Instant => fromMs(Date.now());
  return {
    ...{ db, deps, client, seeds },
    open: (gateFields) => openTestGate(db, client, gateFields ?? {}),
    send: async (gate, payload) => {
      await client.workflow.getHandle(gate.workflowId, gate.runId).signal(signalNames.decide, payload);
    },
    signed: async (user, gate, decisionFields = {}) => {
      const decision = contentOf(gate, decisionFields);
      const token = await signDecision(keys.decision, { user, decision, channel: 'api', now: now() });
      return { ...decision, proof: { token } };
    },
    coded: async (user, gate, at = now()) => {
      const secret = seeds.get(user) ?? '';
      const otp = await generate({ secret, epoch: Math.floor(toMs(at) / 1000) });
      return { ...contentOf(gate), proof: { user, otp } };
    },
  };
}

/** What `open` of a court does, for whoever has a store and a client of its own. */
export async function openTestGate(db: TestStore, client: Client, fields: Partial<Gate>): Promise<Gate> {
  const nowMs = Date.now();
  const at = fromMs(nowMs);
  const incidentId = await db.run(async (tx) => {
    const [accepted] = await acceptDeliveries(tx, [{ delivery: aDelivery(), receivedAt: at }]);
    return accepted?.incidentId ?? '';
  });
  const workflowId = fields.workflowId ?? workflowIds.remediation(incidentId, 1);
  const run = await client.workflow.start(workflowTypes.remediation, {
    ...{ workflowId, taskQueue: 'nobody-works-here', args: [{ tenant: 'default', incidentId, planNo: 1 }] },
  });
  const content = { action: 'scale', arguments: { replicas: 2 }, changes, policyVersion, ...fields };
  const gate: Gate = {
    ...{ gateId: randomUUID(), incidentId, planNo: 1, stepNo: 1, attempt: 1, workflowId },
    ...{
      runId: run.firstExecutionRunId,
      status: 'open',
      object,
      targetUid,
      diffDigest: diffDigest(content.changes),
    },
    ...{ argsHash: hashOfGate(content), riskClass: 'adjust', environment: 'practice', rule: '*/adjust' },
    ...{ needs: { approvals: 1, roles: ['responder', 'approver', 'admin'], distinctFrom: [] } },
    ...{ what: { en: 'Scale', zh: '扩容' }, why: 'w', undo: 'u' },
    ...{ blastRadius: { objects: 1, replicas: 1, namespaces: 1 } },
    ...{
      openedAt: fromMs(nowMs - 60_000),
      escalateAt: fromMs(nowMs + 300_000),
      expiresAt: fromMs(nowMs + 600_000),
    },
    ...content,
    ...fields,
  };
  await db.run(async (tx) => {
    const step = { stepNo: 1, action: 'scale', object, arguments: { replicas: 2 }, why: 'w', undo: 'u' };
    const plan: Plan = { cause: 'image.bad-reference', object, confidence: 1, why: 'w', steps: [step] };
    await putPlan(tx, { incidentId, planNo: 1, plan, at });
    const key = { incidentId, planNo: 1, stepNo: 1 };
    await putStep(tx, { ...key, ...step, stepId: stepIdOf(incidentId, 1, 1), at });
    const prepared = {
      ...{ targetUid, changes, diffDigest: diffDigest(changes), riskClass: 'adjust' as const },
      ...{ blastRadius: { objects: 1, replicas: 1, namespaces: 1 }, checks: [] },
      snapshot: {
        ...{ kind: 'Deployment', metadata: { name: 'checkout' } },
        spec: { replicas: 1, template: { spec: { containers: [] } } },
      },
      inverse: { action: 'scale', arguments: { replicas: 1 } },
    };
    await setStep(tx, key, { prepared, at });
    await openGate(tx, gate);
  });
  return gate;
}
