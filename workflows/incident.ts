import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { RemediationOutlook } from '#activities/types.ts';
import { workflowIds } from '#domain/ids.ts';
import type { Phase } from '#domain/incident.ts';
import type { RemediationResult } from '#domain/plan.ts';
import { recorders } from './activity-profiles.ts';
import {
  type IncidentInput,
  incidentInputSchema,
  signalNames,
  type Withdraw,
  workflowTypes,
} from './contracts.ts';
import { briefOf, requireOwnId, runTask, workflowNow } from './desk.ts';
import { freshMemory, type IncidentMemory } from './incident-memory.ts';
import { type IncidentNews, ids, openNews } from './incident-news.ts';
import { showAttributes, showDetails } from './visible.ts';

/** Plans that may be tried before a person must go on. */
const planCap = 3;
/** How often further alerts make an unclear incident be looked at again after it was handed over. */
const looksAfterHandOver = 5;
/** Looks without a fault after which a firing alert is called a false alarm. */
const calmLooks = 3;
/** What is too young to be told at the first look often shows soon after it: the second look comes in this part of the pause. */
const firstPause = 1 / 4;

type Step = (memory: IncidentMemory, news: IncidentNews) => Promise<Phase>;

/**
 * An incident, from its first alert to its case: a state machine whose states are the phases of `domain/incident`.
 * Whatever it waits for (a person, an alert's end, another look) it waits for here, so that nothing is lost with a process.
 */
export async function incidentWorkflow(input: IncidentInput): Promise<void> {
  if (!incidentInputSchema.safeParse(input).success)
    throw ApplicationFailure.nonRetryable('an incident is started with a tenant and an incident id');
  const workflowId = requireOwnId(workflowIds.incident(input.incidentId));
  const memory = (input.memory as IncidentMemory | undefined) ?? freshMemory(input, workflowId);
  const news = openNews(memory);
  while (memory.phase !== 'closed') {
    await enter(memory);
    memory.phase = await steps[memory.phase](memory, news);
    if (workflowInfo().continueAsNewSuggested && memory.phase !== 'closed') {
      await condition(allHandlersFinished);
      await continueAsNew<typeof incidentWorkflow>({
        tenant: input.tenant,
        incidentId: input.incidentId,
        memory,
      });
    }
  }
  showAttributes({ phase: 'closed' });
  await condition(allHandlersFinished);
}

async function enter(memory: IncidentMemory): Promise<void> {
  showAttributes({ phase: memory.phase });
  showDetails([
    `**${memory.title || 'Incident'}**`,
    '',
    `Phase: ${memory.phase}${memory.firing ? '' : ' (the alert has ended)'}`,
    ...(memory.story === undefined ? [] : ['', memory.story]),
    ...(memory.openPlan === undefined
      ? []
      : ['', `Remediation: workflow \`${workflowIds.remediation(memory.incidentId, memory.openPlan)}\``]),
  ]);
  // A remediation that is open tells its own phases.
  if (memory.openPlan === undefined) await recorders.setPhase({ ...ids(memory), phase: memory.phase });
}

const steps: Readonly<Record<Phase, Step>> = {
  received: receive,
  triage,
  observe,
  diagnose,
  plan,
  'awaiting-approval': awaitRemediation,
  acting: awaitRemediation,
  verifying: awaitRemediation,
  watching: watch,
  closing: close,
  learning: learn,
  closed: async () => 'closed',
};

/** Begins with what is on record: an incident that is not there was started by somebody's hand. */
async function receive(memory: IncidentMemory, news: IncidentNews): Promise<Phase> {
  await news.read();
  if (memory.standing === 'unknown')
    throw ApplicationFailure.nonRetryable(`there is no incident ${memory.incidentId} on record`);
  return memory.standing === 'closed' ? 'closed' : 'triage';
}

async function triage(memory: IncidentMemory): Promise<Phase> {
  const brief = await briefOf(memory, 'triage', workflowNow());
  if (brief === undefined) return handOver(memory, 'the alert could not be understood');
  memory.title = brief.title;
  showAttributes({
    severity: brief.severity,
    ...(brief.service === undefined ? {} : { service: brief.service }),
  });
  const { task: _task, isTest, ...fields } = brief;
  const pace = await recorders.updateIncident({ ...ids(memory), ...fields });
  memory.lookAgainMs = pace.lookAgainMs;
  if (!isTest) return 'observe';
  memory.outcome = 'healthy';
  return 'closing';
}

/** A new look at the world: what was seen before does not count any more. */
async function observe(memory: IncidentMemory): Promise<Phase> {
  if (memory.takenOverBy !== undefined) return 'watching';
  memory.evidenceIds = [];
  memory.seenDeliveryNo = memory.deliveryNo;
  const asOf = workflowNow();
  await Promise.all([runTask(memory, 'observe', asOf), runTask(memory, 'recall', asOf)]);
  return 'diagnose';
}

async function diagnose(memory: IncidentMemory): Promise<Phase> {
  const brief = await briefOf(memory, 'diagnose', workflowNow());
  if (brief === undefined) return handOver(memory, 'no diagnosis could be made');
  memory.story = brief.belief;
  await recorders.setPhase({ ...ids(memory), phase: 'diagnose', belief: brief.belief });
  if (memory.takenOverBy !== undefined) return 'watching';
  if (brief.verdict === 'fault' && memory.firing) return 'plan';
  memory.idleLooks += 1;
  if (!memory.firing || brief.verdict === 'healthy') return calm(memory, brief.verdict === 'healthy');
  return memory.idleLooks > calmLooks ? handOver(memory, brief.belief, false) : 'watching';
}

/** Nothing to mend, or nobody to mend it for any more. */
function calm(memory: IncidentMemory, healthy: boolean): Phase {
  const enough = memory.idleLooks >= calmLooks || (healthy && !memory.firing);
  if (!enough) return 'watching';
  memory.outcome = healthy ? 'healthy' : 'resolved';
  return 'closing';
}

async function plan(memory: IncidentMemory): Promise<Phase> {
  const answer = await runTask(memory, 'plan', workflowNow());
  if (answer.kind === 'hand-over') return handOver(memory, answer.reason, false);
  if (answer.brief.task !== 'plan') return handOver(memory, 'no plan could be made');
  const { planNo, object, title } = answer.brief;
  const outlook = await recorders.remediationOutlook({ ...ids(memory), object });
  if (!outlook.may) return withoutRemediation(memory, outlook, title);
  await startRemediation(memory, planNo, title);
  return 'awaiting-approval';
}

function withoutRemediation(
  memory: IncidentMemory,
  outlook: Extract<RemediationOutlook, { may: false }>,
  title: string,
): Phase | Promise<Phase> {
  switch (outlook.why) {
    case 'other-incident':
      // Two incidents with one root: the other one's step may end this one too.
      memory.waitingFor = outlook.incidentId;
      return 'watching';
    case 'read-only':
      return handOver(memory, `nobody here may act (read-only); proposed: ${title}`, false);
    case 'closed':
      return 'closed';
  }
}

async function startRemediation(memory: IncidentMemory, planNo: number, title: string): Promise<void> {
  memory.openPlan = planNo;
  delete memory.report;
  try {
    await startChild(workflowTypes.remediation, {
      workflowId: workflowIds.remediation(memory.incidentId, planNo),
      args: [{ ...ids(memory), planNo }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: title.slice(0, 200),
    });
  } catch (error) {
    // Started before a reset of this workflow: it goes on, and reports.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/**
 * Why an open question is to be withdrawn, where it has not been said: the alert has ended, or a person has it, which says
 * more and is told even after the other.
 */
function standsDown(memory: IncidentMemory, told: Withdraw | undefined): Withdraw | undefined {
  const { takenOverBy } = memory;
  if (takenOverBy !== undefined)
    return told?.takenOverBy === undefined ? { reason: `${takenOverBy} took over`, takenOverBy } : undefined;
  return memory.firing || told !== undefined ? undefined : { reason: 'the alert has ended' };
}

async function awaitRemediation(memory: IncidentMemory, news: IncidentNews): Promise<Phase> {
  const planNo = memory.openPlan;
  if (planNo === undefined) return 'watching';
  const report = await endOf(memory, news, planNo);
  if (report === undefined) return memory.phase;
  delete memory.openPlan;
  delete memory.report;
  memory.results.push(report);
  if (memory.takenOverBy !== undefined)
    await recorders.takeOver({ ...ids(memory), user: memory.takenOverBy });
  return afterRemediation(memory, report.outcome, report.detail);
}

/**
 * How a remediation ended: its report, once the record bears it out, for a signal may be anybody's. Undefined where the
 * history has got long meanwhile (a gate may be open for days, and every alert knocks): a fresh run waits on.
 */
async function endOf(
  memory: IncidentMemory,
  news: IncidentNews,
  planNo: number,
): Promise<RemediationResult | undefined> {
  let told: Withdraw | undefined;
  for (;;) {
    const tooLong = () => workflowInfo().continueAsNewSuggested;
    const toTell = () => standsDown(memory, told) !== undefined;
    await condition(() => memory.report !== undefined || toTell() || tooLong());
    const { report } = memory;
    if (report === undefined) {
      if (tooLong()) return undefined;
      told = standsDown(memory, told) ?? told;
      if (told === undefined || (await withdraw(memory, planNo, told))) continue;
      // Its report is here, or was lost with a workflow that somebody terminated.
      if (memory.report === undefined)
        return { planNo, outcome: 'withdrawn', detail: 'the remediation was gone' };
      continue;
    }
    const record = await recorders.planStanding({ ...ids(memory), planNo });
    if (!record.underWay && (report.outcome !== 'verified' || record.verified)) return report;
    if (memory.report === report) delete memory.report;
    const detail = `plan ${planNo} is not ${report.outcome} by the record`;
    await news.distrust({ name: signalNames.remediationReported, detail });
  }
}

/** Asks an open remediation to stand down; false where there is none any more. */
async function withdraw(memory: IncidentMemory, planNo: number, why: Withdraw): Promise<boolean> {
  // On record first: from then on no grant is given.
  if (why.takenOverBy !== undefined) await recorders.takeOver({ ...ids(memory), user: why.takenOverBy });
  const remediation = getExternalWorkflowHandle(workflowIds.remediation(memory.incidentId, planNo));
  try {
    await remediation.signal(signalNames.withdraw, why);
    return true;
  } catch {
    return false;
  }
}

type RemediationOutcome = IncidentMemory['results'][number]['outcome'];

function afterRemediation(
  memory: IncidentMemory,
  outcome: RemediationOutcome,
  detail: string,
): Phase | Promise<Phase> {
  if (outcome === 'verified') {
    memory.outcome = 'mended';
    return 'closing';
  }
  if (outcome === 'expired') return handOver(memory, `nobody decided in time: ${detail}`);
  if (outcome === 'failed' || outcome === 'proposed') return handOver(memory, detail);
  if (memory.takenOverBy !== undefined) return 'watching';
  if (!memory.firing) return 'observe';
  if (memory.results.length >= planCap) return handOver(memory, `${planCap} plans did not help: ${detail}`);
  return 'observe';
}

/**
 * Gives what was found to a person. Where only the evidence did not suffice, further alerts may bring more: then it is
 * looked at again.
 */
async function handOver(memory: IncidentMemory, reason: string, forGood = true): Promise<Phase> {
  memory.handedOver = reason;
  memory.looksLeft = forGood ? 0 : (memory.looksLeft ?? looksAfterHandOver);
  await recorders.setPhase({ ...ids(memory), phase: 'watching', belief: `Handed over: ${reason}` });
  return 'watching';
}

/** Waits for news of the alert, for the time of the next look, or for a person. */
async function watch(memory: IncidentMemory): Promise<Phase> {
  if (memory.closedBy !== undefined) {
    memory.outcome = 'handed-over';
    return 'closing';
  }
  if (memory.takenOverBy !== undefined && memory.handedOver === undefined) {
    await recorders.takeOver({ ...ids(memory), user: memory.takenOverBy });
    memory.handedOver = `${memory.takenOverBy} took over`;
  }
  const { firing, takenOverBy, handedOver } = memory;
  const news = () =>
    memory.firing !== firing || memory.takenOverBy !== takenOverBy || memory.closedBy !== undefined;
  if (handedOver === undefined) {
    const waits = memory.waitingFor !== undefined;
    const summary = waits ? 'Another incident mends the same object' : 'Next look';
    const part = !waits && memory.idleLooks <= 1 ? firstPause : 1;
    await condition(news, memory.lookAgainMs * part, { summary });
    delete memory.waitingFor;
    return memory.takenOverBy === undefined ? 'observe' : 'watching';
  }
  if (memory.firing) {
    const looksLeft = memory.takenOverBy === undefined ? (memory.looksLeft ?? 0) : 0;
    const moreAlerts = () => looksLeft > 0 && memory.deliveryNo > memory.seenDeliveryNo;
    // It may last for months, and every delivery makes the history longer.
    await condition(() => news() || moreAlerts() || workflowInfo().continueAsNewSuggested);
    if (news() || !moreAlerts()) return 'watching';
    memory.looksLeft = looksLeft - 1;
    delete memory.handedOver;
    return 'observe';
  }
  memory.outcome = 'handed-over';
  return 'closing';
}

/** Closes by compare-and-set: a delivery that came in meanwhile wins, and the incident goes on. */
async function close(memory: IncidentMemory, news: IncidentNews): Promise<Phase> {
  const outcome = memory.outcome ?? 'resolved';
  const handled = memory.deliveryNo;
  const conclusion = await briefOf(memory, 'conclude', workflowNow(), { outcome });
  if (conclusion !== undefined) {
    memory.story = conclusion.story;
    await recorders.setPhase({ ...ids(memory), phase: 'closing', belief: conclusion.story });
  }
  const { closedBy } = memory;
  const reason = closedBy === undefined ? {} : { reason: `${closedBy.user}: ${closedBy.reason}` };
  if (await recorders.closeIncident({ ...ids(memory), expectedDeliveryCount: handled, outcome, ...reason }))
    return 'learning';
  const wasFiring = memory.firing;
  await news.read();
  // Somebody else has closed it: it is learnt from as it was closed.
  if (memory.standing === 'closed') return 'learning';
  const newsOfTrouble = memory.firing && (!wasFiring || outcome === 'mended');
  if (!newsOfTrouble) return 'closing';
  delete memory.outcome;
  return 'observe';
}

async function learn(memory: IncidentMemory): Promise<Phase> {
  try {
    await startChild(workflowTypes.learning, {
      workflowId: workflowIds.learning(memory.incidentId),
      args: [{ ...ids(memory), desk: memory }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `Case: ${memory.title}`.slice(0, 200),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  return 'closed';
}
