import { generate } from 'otplib';
import type { Decision, Gate, JudgedDecision } from '#domain/gate.ts';
import { decisionsOf, getGate, listGates } from '#store/gates.ts';
import { inTenant } from '#store/pool.ts';
import { signalNames } from '#workflows/contracts.ts';
import type { WholeInstance } from './instance.ts';
import { untilSo } from './until-so.ts';

/** The gate that is open now, or is opened next. */
export function openGate({ store, tenant }: WholeInstance): Promise<Gate> {
  return untilSo('a gate is open', async () => {
    const [gate] = await inTenant(store, tenant, (tx) => listGates(tx, { status: 'open', limit: 1 }));
    return gate;
  });
}

/** The gate as it stands, once it is not open any more. */
export function closedGate({ store, tenant }: WholeInstance, gateId: string): Promise<Gate> {
  return untilSo('the gate is closed', async () => {
    const gate = await inTenant(store, tenant, (tx) => getGate(tx, gateId));
    return gate?.status === 'open' ? undefined : gate;
  });
}

/** What became of the decisions on a gate. */
export function judgedOn({ store, tenant }: WholeInstance, gate: Gate): Promise<JudgedDecision[]> {
  return inTenant(store, tenant, (tx) => decisionsOf(tx, gate.gateId));
}

/** The administrator's approval as it is typed into Temporal's own dialog, with a one-time code. */
export async function typedApproval({ totpSecret }: WholeInstance, gate: Gate): Promise<Decision> {
  const otp = await generate({ secret: totpSecret });
  const { gateId, argsHash } = gate;
  return { gateId, argsHash, decision: 'approve', proof: { user: 'admin', otp } };
}

/** Sends anything at all as a decision, past our server. */
export async function typeIntoTemporal(
  { temporal }: WholeInstance,
  { workflowId }: Pick<Gate, 'workflowId'>,
  payload: unknown,
): Promise<void> {
  await temporal.workflow.getHandle(workflowId).signal(signalNames.decide, payload);
}
