import type { Logger } from 'pino';
import { workflowIds } from '#domain/ids.ts';
import type { Incident, Phase } from '#domain/incident.ts';
import type { RemediationResult } from '#domain/plan.ts';
import { fromMs, type Instant, toMs } from '#domain/time.ts';
import { appendAudit } from '#store/audit.ts';
import { gatesOf, setGateStatus } from '#store/gates.ts';
import { closeIncident, getIncident } from '#store/incidents.ts';
import { stepsInDoubt } from '#store/ledger.ts';
import { requeueLastDelivery, settledIncidents } from '#store/outbox.ts';
import { plansOf } from '#store/plans.ts';
import { inTenant, type Store, type Tx } from '#store/pool.ts';
import { type StoredStep, setStep, stepStatusesUnderWay, stepsOf } from '#store/steps.ts';
import { turnsOf } from '#store/turns.ts';
import { signalNames } from '#workflows/contracts.ts';
import type { WorkflowState, Workflows } from '../temporal/workflows.ts';

export type ReconcilerDeps = {
  readonly store: Store;
  readonly tenant: string;
  readonly workflows: Pick<Workflows, 'stateOf' | 'openIncidents' | 'signal'>;
  readonly now: () => Instant;
  readonly log: Logger;
  readonly onHealed?: (kind: HealedKind) => void;
};

export type HealedKind =
  /** An open incident had no workflow: its last delivery is dispatched again. */
  | 'started'
  /** Its workflow was ended from outside: a person gets it. */
  | 'handed-over'
  /** A remediation was ended from outside: its incident is told. */
  | 'remediation-reported';

export type Reconciler = {
  /** Looks once at everything. */
  readonly run: () => Promise<void>;
  /** Looks once at one incident. */
  readonly look: (incidentId: string) => Promise<void>;
};

/** What is younger than this is still on its way: the visibility store is behind, the dispatcher may be at it. */
const settledAfterMs = 20_000;
const pageSize = 200;
/** Where an incident stands while it waits for a remediation. */
const phasesOfRemediation: readonly Phase[] = ['awaiting-approval', 'acting', 'verifying'];

/** Open incidents that nobody is at work on: nothing of them is in the outbox, and they are not young. */
async function settledOnes(deps: ReconcilerDeps, updatedBefore: Instant): Promise<Incident[]> {
  const found: Incident[] = [];
  for (;;) {
    const afterId = found.at(-1)?.id;
    const query = { updatedBefore, limit: pageSize, ...(afterId === undefined ? {} : { afterId }) };
    const page = await inTenant(deps.store, deps.tenant, (tx) => settledIncidents(tx, query));
    found.push(...page);
    if (page.length < pageSize) return found;
  }
}

function reasonOf(how: string, inDoubt: readonly string[]): string {
  const doubt =
    inDoubt.length === 0
      ? ''
      : ` A step was started and nobody saw whether it had its effect (${inDoubt.join(', ')}): look before you do anything.`;
  return `The workflow was ended from outside (${how.toLowerCase()}).${doubt}`;
}

/** Gives an incident whose workflow is gone to a person, with its open questions closed. */
async function handOver(tx: Tx, incident: Incident, how: string, at: Instant): Promise<boolean> {
  const { id, deliveryCount } = incident;
  const reason = reasonOf(how, await stepsInDoubt(tx, id));
  const closed = await closeIncident(tx, id, {
    ...{ expectedDeliveryCount: deliveryCount, outcome: 'handed-over', at, reason },
  });
  if (!closed) return false;
  for (const gate of await gatesOf(tx, id)) await setGateStatus(tx, gate.gateId, 'withdrawn', at);
  await appendAudit(tx, {
    ...{ at, actor: 'system', action: 'incident.hand-over', subject: id, data: { reason }, outcome: 'done' },
  });
  return true;
}

function isUnderWay(step: StoredStep): boolean {
  return stepStatusesUnderWay.includes(step.status);
}

/** How a remediation that was ended from outside is told to its incident: what may have happened counts as failed. */
function resultOf(planNo: number, how: string, inDoubt: readonly string[]): RemediationResult {
  const doubtful = inDoubt.length > 0;
  return {
    planNo,
    outcome: doubtful ? 'failed' : 'withdrawn',
    detail: reasonOf(how, inDoubt),
  };
}

async function reportRemediation(
  deps: ReconcilerDeps,
  incidentId: string,
  planNo: number,
  how: string,
): Promise<void> {
  const { store, tenant, now } = deps;
  const inDoubt = await inTenant(store, tenant, async (tx) => {
    const at = now();
    const doubt = await stepsInDoubt(tx, incidentId);
    for (const step of (await stepsOf(tx, incidentId)).filter((s) => s.planNo === planNo && isUnderWay(s))) {
      const status = doubt.includes(step.stepId) ? 'failed' : 'withdrawn';
      await setStep(tx, step, { status, detail: reasonOf(how, doubt), at });
    }
    for (const gate of (await gatesOf(tx, incidentId)).filter((g) => g.planNo === planNo))
      await setGateStatus(tx, gate.gateId, 'withdrawn', at);
    return doubt;
  });
  const target = { workflowId: workflowIds.incident(incidentId) };
  await deps.workflows.signal(target, signalNames.remediationReported, resultOf(planNo, how, inDoubt));
}

/**
 * Compares what the store believes with what Temporal runs, and heals what a lost commit, a lost start or somebody's hand
 * has left between them. It never repeats a step: where one was begun and its effect was not seen, a person looks.
 */
export function createReconciler(deps: ReconcilerDeps): Reconciler {
  const { store, tenant, workflows, now, log } = deps;

  function healed(kind: HealedKind, incidentId: string, detail: object): void {
    log.warn({ incidentId, kind, ...detail }, 'store and workflows did not agree');
    deps.onHealed?.(kind);
  }

  async function healIncident(incident: Incident, state: WorkflowState): Promise<void> {
    const { id } = incident;
    // Begun anew it would take up turns, plans and evidence of then for those of now, and steps in doubt a second time.
    if (state.state === 'absent' && (await inTenant(store, tenant, (tx) => turnsOf(tx, id))).length > 0) {
      const done = await inTenant(store, tenant, (tx) => handOver(tx, incident, 'lost', now()));
      if (done) healed('handed-over', id, { how: 'lost' });
    } else if (state.state === 'absent') {
      const queued = await inTenant(store, tenant, (tx) => requeueLastDelivery(tx, id, now()));
      if (queued) healed('started', id, {});
    }
    if (state.state === 'closed') {
      const done = await inTenant(store, tenant, (tx) => handOver(tx, incident, state.how, now()));
      if (done) healed('handed-over', id, { how: state.how });
    }
    if (state.state === 'running') await healRemediations(incident);
  }

  /** Plans whose remediation must be there: one of its steps is under way, or the incident waits for it. */
  async function plansAtWork({ id, phase }: Incident): Promise<ReadonlySet<number>> {
    return inTenant(store, tenant, async (tx) => {
      const steps = (await stepsOf(tx, id)).filter((step) => isUnderWay(step) && isSettled(step.updatedAt));
      const waitedFor = phasesOfRemediation.includes(phase) ? (await plansOf(tx, id)).slice(-1) : [];
      const plans = waitedFor.filter(({ at }) => isSettled(at));
      return new Set([...steps, ...plans].map(({ planNo }) => planNo));
    });
  }

  async function healRemediations(incident: Incident): Promise<void> {
    const incidentId = incident.id;
    for (const planNo of await plansAtWork(incident)) {
      const state = await workflows.stateOf(workflowIds.remediation(incidentId, planNo));
      // One that came to its own end has reported: the report waits for a worker.
      if (state.state === 'running' || (state.state === 'closed' && state.how === 'COMPLETED')) continue;
      const how = state.state === 'closed' ? state.how : 'lost';
      await reportRemediation(deps, incidentId, planNo, how);
      healed('remediation-reported', incidentId, { planNo, how });
    }
  }

  function isSettled(at: Instant): boolean {
    return toMs(now()) - toMs(at) >= settledAfterMs;
  }

  return {
    run: async () => {
      const incidents = await settledOnes(deps, fromMs(toMs(now()) - settledAfterMs));
      if (incidents.length === 0) return;
      const running = await workflows.openIncidents();
      for (const incident of incidents) {
        const state: WorkflowState = running.has(incident.id)
          ? { state: 'running' }
          : await workflows.stateOf(workflowIds.incident(incident.id));
        await healIncident(incident, state);
      }
    },
    look: async (incidentId) => {
      const incident = await inTenant(store, tenant, (tx) => getIncident(tx, incidentId));
      if (incident?.status !== 'open') return;
      await healIncident(incident, await workflows.stateOf(workflowIds.incident(incidentId)));
    },
  };
}
