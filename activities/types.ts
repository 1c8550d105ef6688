import type { AgentTask } from '#domain/agent-turn.ts';
import type { Diagnosis } from '#domain/diagnosis.ts';
import type { EvidenceReceipt, ToolCall } from '#domain/evidence.ts';
import type { Gate, GateState } from '#domain/gate.ts';
import type { Outcome, Phase } from '#domain/incident.ts';
import type { ObjectRef } from '#domain/object-ref.ts';
import type { PatrolSighting } from '#domain/patrol.ts';
import type { PlanStep, RemediationResult } from '#domain/plan.ts';
import type { PolicyDurations, Requirement } from '#domain/policy/policy.ts';
import type { RiskClass } from '#domain/risk.ts';
import type { Severity } from '#domain/severity.ts';
import type { Instant } from '#domain/time.ts';

/**
 * What the workflows know of the activities: types alone. Inputs and answers carry ids and short texts, never evidence;
 * every activity may be repeated, and a repeat changes nothing.
 */
export type InIncident = { readonly tenant: string; readonly incidentId: string };

/** Where a turn's finding is kept. */
export type TurnRef = { readonly workflowId: string; readonly turnSeq: number };

export type TakeTurnInput = InIncident & {
  readonly workflowId: string;
  readonly turnSeq: number;
  readonly task: AgentTask;
  readonly round: number;
  readonly asOf: Instant;
  readonly evidenceIds: readonly string[];
  /** Turns that hold the findings so far. */
  readonly findings: Readonly<Partial<Record<AgentTask, TurnRef>>>;
  readonly results: readonly RemediationResult[];
  readonly planNo?: number;
  readonly actedAt?: Instant;
  readonly outcome?: Outcome;
};

/** The few facts of a finding that decide what the workflow does next. */
export type FindingBrief =
  | {
      readonly task: 'triage';
      readonly severity: Severity;
      readonly title: string;
      readonly service?: string;
      readonly cluster: string;
      readonly environment: string;
      readonly isTest: boolean;
    }
  | {
      readonly task: 'diagnose';
      readonly verdict: Diagnosis['verdict'];
      readonly belief: string;
      readonly object?: ObjectRef;
    }
  | { readonly task: 'plan'; readonly planNo: number; readonly object: ObjectRef; readonly title: string }
  | { readonly task: 'verify'; readonly state: 'well' | 'not-yet' | 'worse'; readonly summary: string }
  | { readonly task: 'conclude'; readonly story: string }
  | { readonly task: 'observe' | 'recall' | 'learn'; readonly summary: string };

export type TurnAnswer =
  | { readonly kind: 'tool-calls'; readonly calls: readonly ToolCall[] }
  | { readonly kind: 'finding'; readonly brief: FindingBrief }
  | { readonly kind: 'hand-over'; readonly reason: string };

export type AgentActivities = {
  /** Asks one agent for one decision; upserted by (workflowId, turnSeq). */
  takeTurn(input: TakeTurnInput): Promise<TurnAnswer>;
};

export type CallToolInput = InIncident & {
  readonly workflowId: string;
  readonly callSeq: number;
  readonly call: ToolCall;
  readonly asOf: Instant;
};

export type ToolActivities = {
  /** Makes one call, drains its pages into the evidence store, answers with the receipt. A failed call is evidence too. */
  callTool(input: CallToolInput): Promise<EvidenceReceipt>;
};

export type IncidentRecord =
  | {
      readonly standing: 'open' | 'closed';
      /** Of the last delivery; closing compares with it. */
      readonly deliveryNo: number;
      /** Whether the last delivery said so, and any of the alerts is not over. */
      readonly firing: boolean;
      /** Who has said "I have it", be it before there was a workflow to tell. */
      readonly takenOverBy?: string;
    }
  | { readonly standing: 'unknown' };

/** Whether a step may be proposed to people now. */
export type RemediationOutlook =
  | { readonly may: true }
  /** Another incident is mending the same object. */
  | { readonly may: false; readonly why: 'other-incident'; readonly incidentId: string }
  /** Nobody here may act. */
  | { readonly may: false; readonly why: 'read-only' }
  /** The incident was closed by somebody else. */
  | { readonly may: false; readonly why: 'closed' };

export type IncidentActivities = {
  /** How the incident stands: what signals say of it is only a reason to look. */
  readIncident(input: InIncident): Promise<IncidentRecord>;
  setPhase(input: InIncident & { readonly phase: Phase; readonly belief?: string }): Promise<void>;
  /** Answers with the pace that the policy sets for the incident's environment. */
  updateIncident(
    input: InIncident & {
      readonly severity?: Severity;
      readonly title?: string;
      readonly service?: string;
      readonly cluster?: string;
      readonly environment?: string;
    },
  ): Promise<Pick<PolicyDurations, 'lookAgainMs'>>;
  takeOver(input: InIncident & { readonly user: string }): Promise<void>;
  /** False when a delivery came in meanwhile: whoever loses goes on. */
  closeIncident(
    input: InIncident & {
      readonly expectedDeliveryCount: number;
      readonly outcome: Outcome;
      /** Who ended it by hand and why, where somebody did. */
      readonly reason?: string;
    },
  ): Promise<boolean>;
  remediationOutlook(input: InIncident & { readonly object: ObjectRef }): Promise<RemediationOutlook>;
  /** How the steps of a plan stand: whether any is on its way, and whether all were taken and verified. */
  planStanding(
    input: InIncident & { readonly planNo: number },
  ): Promise<{ readonly underWay: boolean; readonly verified: boolean }>;
  recordUnknownSignal(input: InIncident & { readonly name: string; readonly detail: string }): Promise<void>;
  /** Writes the case and the runbooks' statistics. */
  recordCase(input: InIncident & { readonly turn: TurnRef }): Promise<void>;
};

/** A step as it was prepared, without the snapshot, which stays in the store. */
export type PreparedBrief = {
  readonly ok: true;
  readonly targetUid: string;
  readonly diffDigest: string;
  readonly riskClass: RiskClass;
  readonly undoable: boolean;
};

export type PrepareAnswer = PreparedBrief | { readonly ok: false; readonly refused: string };

export type StepKey = InIncident & { readonly planNo: number; readonly stepNo: number };
/** `attempt` counts the questions that a step needed. */
export type PrepareKey = StepKey & { readonly attempt: number };
/** `attempt` counts the tries to take a step that has been granted. */
export type ActKey = StepKey & { readonly attempt: number };

export type PolicyBrief = {
  readonly requirement: Requirement;
  readonly rule: string;
  readonly policyVersion: string;
  readonly environment: string;
  readonly argsHash: string;
  readonly durations: PolicyDurations;
};

export type GateBrief = Pick<
  Gate,
  | 'gateId'
  | 'argsHash'
  | 'what'
  | 'why'
  | 'undo'
  | 'riskClass'
  | 'rule'
  | 'needs'
  | 'expiresAt'
  | 'escalateAt'
> & {
  /** The change in a few lines of text. */
  readonly diff: string;
};

/** A plan as it is on record. */
export type PlanOnRecord = {
  readonly steps: readonly PlanStep[];
  /** Why nothing of it can be done here, in words. */
  readonly proposedOnly?: string;
};

export type RemediationActivities = {
  /** The recorded plan; an unknown one has no steps. */
  planSteps(input: InIncident & { readonly planNo: number }): Promise<PlanOnRecord>;
  /** Evaluates the policy for a prepared step, with the world as it is now. */
  decidePolicy(input: StepKey): Promise<PolicyBrief>;
  openGate(
    input: StepKey & {
      readonly attempt: number;
      readonly workflowId: string;
      readonly runId: string;
      readonly openedAt: Instant;
    },
  ): Promise<GateBrief>;
  /** Has the server judge every decision that is in the workflow's history. */
  judgeGate(input: { readonly tenant: string; readonly gateId: string }): Promise<GateState>;
  escalateGate(input: { readonly tenant: string; readonly gateId: string }): Promise<void>;
  closeGate(input: {
    readonly tenant: string;
    readonly gateId: string;
    readonly status: 'expired' | 'withdrawn' | 'edited';
  }): Promise<void>;
  /** New arguments that a person asked for; the step is prepared again with them. */
  applyEdits(input: StepKey & { readonly edits: Readonly<Record<string, unknown>> }): Promise<void>;
  /** A grant for a passed gate, signed by the server. */
  issueGrant(input: { readonly tenant: string; readonly gateId: string }): Promise<GrantAnswer>;
  /** Records how a step stands, in its row, the ledger and the incident's story. */
  recordStep(
    input: StepKey & {
      readonly status: StepStatus;
      readonly detail: string;
      readonly attempt: number;
    },
  ): Promise<void>;
  /** Prepares the row of the step that takes another one back, where there is one. */
  prepareUndo(input: StepKey): Promise<'ready' | 'nothing-to-undo' | 'impossible'>;
};

export type GrantAnswer =
  | { readonly granted: true; readonly grant: string }
  | { readonly granted: false; readonly refused: string };

export type StepStatus =
  | 'proposed'
  | 'preparing'
  | 'awaiting-approval'
  | 'acting'
  | 'verifying'
  | 'verified'
  | 'undone'
  | 'failed'
  | 'rejected'
  | 'expired'
  | 'withdrawn'
  | 'refused';

export type ExecuteAnswer = {
  readonly effect: 'applied' | 'already-there' | 'refused' | 'unknown';
  readonly detail: string;
};

/** On the queue of the process that holds the actor's credentials. */
export type ActionActivities = {
  /** Pre-checks, dry run, snapshot; kept in the step's row. */
  prepareStep(input: PrepareKey): Promise<PrepareAnswer>;
  /** Takes the step under its grant. Never retried by Temporal: what became of it is looked at first. */
  executeStep(input: ActKey & { readonly grant: string; readonly gateId: string }): Promise<ExecuteAnswer>;
  /** Looks whether the step has had its effect. */
  observeStep(
    input: ActKey,
  ): Promise<{ readonly effect: 'there' | 'absent' | 'unknown'; readonly detail: string }>;
};

export type PatrolFinding = PatrolSighting & {
  /** An incident is due for it, if it lasts. */
  readonly isNews: boolean;
};

export type PatrolLook = {
  readonly findings: readonly PatrolFinding[];
  /** Clusters of which everything of a kind was looked at: only there does a missing finding say that all is well. */
  readonly seenWhole: Readonly<Record<PatrolSighting['kind'], readonly string[]>>;
  /** What could not be looked at, and why. */
  readonly gaps: readonly string[];
};

export type PatrolRef = { readonly tenant: string; readonly name: string };

export type PatrolActivities = {
  /** Runs analyzers, signal scores and forecasts over every cluster, and compares with what was seen before. */
  lookAround(input: PatrolRef): Promise<PatrolLook>;
  /** Tells open incidents of this patrol that their trouble has ended where it is not seen any more; answers with how many. */
  reportEnds(input: PatrolRef & { readonly look: PatrolLook }): Promise<number>;
  /** Hands findings to the intake as alerts; answers with how many incidents they opened. */
  reportFindings(input: PatrolRef & { readonly findings: readonly PatrolFinding[] }): Promise<number>;
};
