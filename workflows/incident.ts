import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { workflowIds } from '#domain/ids.ts';
import type { Phase } from '#domain/incident.ts';
import { recorders } from './activity-profiles.ts';
import {
  alertDeliveredSchema,
  closeSchema,
  type IncidentInput,
  queryNames,
  remediationReportedSchema,
  signalNames,
  takeOverSchema,
  workflowTypes,
} from './contracts.ts';
import { briefOf, runTask, workflowNow } from './desk.ts';
import { onSignal, onUnknownSignals, type UnknownSignal } from './inbox.ts';
import { freshMemory, type IncidentMemory } from './incident-memory.ts';
import { showAttributes, showDetails } from './visible.ts';

/** Plans that may be tried before a person must go on. */
const planCap = 3;
/** How often further alerts make an unclear incident be looked at again after it was handed over. */
const looksAfterHandOver = 5;
/** Looks without a fault after which a firing alert is called a false alarm. */
const calmLooks = 2;

type Desk = { readonly memory: IncidentMemory; readonly unknown: UnknownSignal[] };
type Step = (memory: IncidentMemory) => Promise<Phase>;

/**
 * An incident, from its first alert to its case: a state machine whose states are the phases of `domain/incident`.
 * Whatever it waits for (a person, an alert's end, another look) it waits for here, so that nothing is lost with a process.
 */
export async function incidentWorkflow(input: IncidentInput): Promise<void> {
  const info = workflowInfo();
  const memory = (input.memory as IncidentMemory | undefined) ?? freshMemory(input, info.workflowId);
  const desk: Desk = { memory, unknown: [] };
  takeIn(desk);
  while (memory.phase !== 'closed') {
    await recordUnknown(desk);
    await enter(memory);
    memory.phase = await steps[memory.phase](memory);
    if (workflowInfo().continueAsNewSuggested && memory.openPlan === undefined && memory.phase !== 'closed') {
      await condition(allHandlersFinished);
      await continueAsNew<typeof incidentWorkflow>({
        tenant: input.tenant,
        incidentId: input.incidentId,
        memory,
      });
    }
  }
  await recordUnknown(desk);
  showAttributes({ phase: 'closed' });
  await condition(allHandlersFinished);
}

function takeIn(desk: Desk): void {
  const { memory, unknown } = desk;
  onSignal(
    signalNames.alertDelivered,
    alertDeliveredSchema,
    'An alert of this incident was delivered. Sent by the server.',
    (delivered) => {
      // A delivery that overtook another must not bring its older state back.
      if (delivered.deliveryNo <= memory.deliveryNo) return;
      memory.deliveryNo = delivered.deliveryNo;
      memory.firing = delivered.status === 'firing';
    },
    unknown,
  );
  onSignal(
    signalNames.takeOver,
    takeOverSchema,
    '"I have it": a person takes over and the stand-in stands down. {"user":"…"}',
    (taken) => {
      memory.takenOverBy ??= taken.user;
    },
    unknown,
  );
  onSignal(
    signalNames.close,
    closeSchema,
    'A person has ended the incident by hand: stand down and close it. {"user":"…","reason":"…"}',
    (closed) => {
      memory.closedBy ??= closed;
      memory.takenOverBy ??= closed.user;
    },
    unknown,
  );
  onSignal(
    signalNames.remediationReported,
    remediationReportedSchema,
    'How the remediation of a plan ended. Sent by the remediation workflow.',
    (report) => {
      if (report.planNo === memory.openPlan) memory.report = report;
    },
    unknown,
  );
  onUnknownSignals(unknown);
  setHandler(defineQuery(queryNames.state), () => ({ ...memory, evidenceIds: memory.evidenceIds.length }), {
    description: 'What this incident knows and waits for',
  });
}

async function recordUnknown({ memory, unknown }: Desk): Promise<void> {
  for (const signal of unknown.splice(0)) {
    await recorders.recordUnknownSignal({ ...ids(memory), name: signal.name, detail: signal.detail });
  }
}

function ids(memory: IncidentMemory): { tenant: string; incidentId: string } {
  return { tenant: memory.tenant, incidentId: memory.incidentId };
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
  received: async () => 'triage',
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
  const other = await recorders.otherRemediationOf({ ...ids(memory), object });
  if (other !== undefined) {
    // Two incidents with one root: the other one's step may end this one too.
    memory.waitingFor = other;
    return 'watching';
  }
  await startRemediation(memory, planNo, title);
  return 'awaiting-approval';
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

/** A person has it, or the alert has ended: an open question is withdrawn. */
function standsDown(memory: IncidentMemory): boolean {
  return memory.takenOverBy !== undefined || !memory.firing;
}

async function awaitRemediation(memory: IncidentMemory): Promise<Phase> {
  const planNo = memory.openPlan;
  if (planNo === undefined) return 'watching';
  await condition(() => memory.report !== undefined || standsDown(memory));
  if (memory.report === undefined) {
    const reason =
      memory.takenOverBy === undefined ? 'the alert has ended' : `${memory.takenOverBy} took over`;
    await withdraw(memory, planNo, reason);
    await condition(() => memory.report !== undefined);
  }
  const report = memory.report;
  delete memory.openPlan;
  if (report === undefined) return 'watching';
  memory.results.push(report);
  if (memory.takenOverBy !== undefined)
    await recorders.takeOver({ ...ids(memory), user: memory.takenOverBy });
  return afterRemediation(memory, report.outcome, report.detail);
}

async function withdraw(memory: IncidentMemory, planNo: number, reason: string): Promise<void> {
  const remediation = getExternalWorkflowHandle(workflowIds.remediation(memory.incidentId, planNo));
  try {
    await remediation.signal(signalNames.withdraw, { reason });
  } catch {
    // It has ended already: its report is on the way, or was lost with a workflow that somebody terminated.
    memory.report ??= { planNo, outcome: 'withdrawn', detail: 'the remediation was gone' };
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
  if (outcome === 'failed') return handOver(memory, detail);
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
    const summary = memory.waitingFor === undefined ? 'Next look' : 'Another incident mends the same object';
    await condition(news, memory.lookAgainMs, { summary });
    delete memory.waitingFor;
    return memory.takenOverBy === undefined ? 'observe' : 'watching';
  }
  if (memory.firing) {
    const looksLeft = memory.takenOverBy === undefined ? (memory.looksLeft ?? 0) : 0;
    const moreAlerts = () => looksLeft > 0 && memory.deliveryNo > memory.seenDeliveryNo;
    await condition(() => news() || moreAlerts());
    if (news()) return 'watching';
    memory.looksLeft = looksLeft - 1;
    delete memory.handedOver;
    return 'observe';
  }
  memory.outcome = 'handed-over';
  return 'closing';
}

/** Closes by compare-and-set: a delivery that came in meanwhile wins, and the incident goes on. */
async function close(memory: IncidentMemory): Promise<Phase> {
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
  await condition(() => memory.deliveryNo > handled);
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
