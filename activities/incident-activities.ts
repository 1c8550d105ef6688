import { type Case, caseSchema, recallSchema } from '#domain/agent-turn.ts';
import { UnderstudyError } from '#domain/errors.ts';
import { undoneStepNo } from '#domain/plan.ts';
import { durationsIn } from '#domain/policy/policy.ts';
import { unmappedEnvironment } from '#domain/service-catalogue.ts';
import { appendAudit } from '#store/audit.ts';
import { putCase } from '#store/cases.ts';
import { alertsOf, deliveriesOf } from '#store/deliveries.ts';
import { appendEvent } from '#store/events.ts';
import { closeIncident, getIncident, setPhase, takeOver, updateIncident } from '#store/incidents.ts';
import { currentPolicy } from '#store/policies.ts';
import { inTenant, type Tx } from '#store/pool.ts';
import { countRunbookUse } from '#store/runbooks.ts';
import { openStepOnObject, stepStatusesUnderWay, stepsOf } from '#store/steps.ts';
import { turnsOf } from '#store/turns.ts';
import { findingOfTurn } from './agent-view.ts';
import type { ActivityDeps } from './deps.ts';
import type { IncidentActivities } from './types.ts';

export type IncidentActivityDeps = ActivityDeps & {
  /** True where no process runs that may write to clusters. */
  readonly readOnly: boolean;
};

/** Runbooks that were at hand and are about what it was: each was used, and helped where the incident was mended. */
async function countRunbooks(tx: Tx, incidentId: string, { cause, outcome }: Case): Promise<void> {
  if (cause === undefined) return;
  const recalled = (await turnsOf(tx, incidentId)).flatMap(({ task, decision }) =>
    task === 'recall' && decision.kind === 'finding' ? recallSchema.parse(decision.finding).runbooks : [],
  );
  const fitting = recalled.filter((runbook) => runbook.causes.includes(cause)).map(({ id }) => id);
  for (const id of new Set(fitting)) await countRunbookUse(tx, { id, helped: outcome === 'mended' });
}

export function createIncidentActivities(deps: IncidentActivityDeps): IncidentActivities {
  const { store, now, readOnly } = deps;
  return {
    readIncident: ({ tenant, incidentId }) =>
      inTenant(store, tenant, async (tx) => {
        const incident = await getIncident(tx, incidentId);
        if (incident === undefined) return { standing: 'unknown' };
        const { status: standing, deliveryCount: deliveryNo, takenOverBy } = incident;
        const [last] = await deliveriesOf(tx, incidentId, deliveryNo - 1);
        // An end that has overtaken its beginning is on record with the alerts: the beginning that came last is none.
        const isAnyFiring = (await alertsOf(tx, incidentId)).some(({ status }) => status === 'firing');
        const firing = last?.body.status !== 'resolved' && isAnyFiring;
        return { standing, deliveryNo, firing, ...(takenOverBy === undefined ? {} : { takenOverBy }) };
      }),
    setPhase: ({ tenant, incidentId, phase, belief }) =>
      inTenant(store, tenant, async (tx) => {
        await setPhase(tx, incidentId, phase, now());
        if (belief !== undefined) await updateIncident(tx, incidentId, { belief }, now());
      }),
    updateIncident: ({ tenant, incidentId, ...fields }) =>
      inTenant(store, tenant, async (tx) => {
        await updateIncident(tx, incidentId, fields, now());
        const incident = await getIncident(tx, incidentId);
        const { lookAgainMs } = durationsIn(
          await currentPolicy(tx),
          incident?.environment ?? unmappedEnvironment,
        );
        return { lookAgainMs };
      }),
    takeOver: ({ tenant, incidentId, user }) =>
      inTenant(store, tenant, async (tx) => {
        await takeOver(tx, incidentId, user, now());
      }),
    closeIncident: ({ tenant, incidentId, ...closing }) =>
      inTenant(store, tenant, (tx) => closeIncident(tx, incidentId, { ...closing, at: now() })),
    remediationOutlook: ({ tenant, incidentId, object }) =>
      inTenant(store, tenant, async (tx) => {
        if ((await getIncident(tx, incidentId))?.status !== 'open') return { may: false, why: 'closed' };
        if (readOnly) return { may: false, why: 'read-only' };
        const other = await openStepOnObject(tx, { object, notOf: incidentId });
        return other === undefined ? { may: true } : { may: false, why: 'other-incident', incidentId: other };
      }),
    planStanding: ({ tenant, incidentId, planNo }) =>
      inTenant(store, tenant, async (tx) => {
        const steps = (await stepsOf(tx, incidentId)).filter((step) => step.planNo === planNo);
        const planned = steps.filter((step) => undoneStepNo(step.stepNo) === undefined);
        return {
          underWay: steps.some((step) => stepStatusesUnderWay.includes(step.status)),
          verified: planned.length > 0 && planned.every((step) => step.status === 'verified'),
        };
      }),
    recordUnknownSignal: ({ tenant, incidentId, name, detail }) =>
      inTenant(store, tenant, async (tx) => {
        const at = now();
        if ((await getIncident(tx, incidentId)) !== undefined) {
          await appendEvent(tx, { incidentId, at, type: 'signal.unknown', data: { name, detail } });
        }
        await appendAudit(tx, {
          at,
          actor: 'unknown',
          action: 'signal.unknown',
          subject: incidentId,
          data: { name, detail },
          outcome: 'ignored',
        });
      }),
    recordCase: ({ tenant, incidentId, turn }) =>
      inTenant(store, tenant, async (tx) => {
        const incident = await getIncident(tx, incidentId);
        if (incident === undefined)
          throw new UnderstudyError('not-found', `there is no incident ${incidentId}`);
        const learned = caseSchema.parse(await findingOfTurn(tx, 'learn', turn));
        const closedAt = incident.closedAt ?? now();
        const isNew = await putCase(tx, {
          ...{ incidentId, case: learned, openedAt: incident.openedAt, closedAt },
        });
        if (isNew) await countRunbooks(tx, incidentId, learned);
      }),
  };
}
