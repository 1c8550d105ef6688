import type {
  ActionActivities,
  AgentActivities,
  FindingBrief,
  IncidentActivities,
  PatrolActivities,
  RemediationActivities,
  TakeTurnInput,
  ToolActivities,
} from '#activities/types.ts';
import type { GateState } from '#domain/gate.ts';
import type { PlanStep } from '#domain/plan.ts';
import { shippedPolicy } from '#domain/policy/policy.ts';
import { plusSeconds } from '#domain/time.ts';

export type AllActivities = AgentActivities &
  ToolActivities &
  IncidentActivities &
  RemediationActivities &
  ActionActivities &
  PatrolActivities;

/** For activities that only write something down. */
const nothing = async (): Promise<void> => undefined;

export type Called = { readonly name: keyof AllActivities; readonly input: unknown };

const object = { cluster: 'c1', kind: 'Deployment', namespace: 'app', name: 'api' };

const briefs: Readonly<Record<string, FindingBrief>> = {
  triage: {
    task: 'triage',
    severity: 'sev2',
    title: 'api: errors',
    cluster: 'c1',
    environment: 'practice',
    isTest: false,
  },
  observe: { task: 'observe', summary: 'errors rose' },
  recall: { task: 'recall', summary: 'no similar case' },
  diagnose: { task: 'diagnose', verdict: 'fault', belief: 'a bad release of api', object },
  plan: { task: 'plan', planNo: 1, object, title: 'rollout-undo Deployment app/api' },
  verify: { task: 'verify', state: 'well', summary: 'all is well' },
  conclude: { task: 'conclude', story: 'api was rolled back.' },
  learn: { task: 'learn', summary: 'api: errors' },
};

/** The one step of the plan on record. */
export const scriptedStep: PlanStep = {
  stepNo: 1,
  action: 'rollout-undo',
  object,
  arguments: { toRevision: 1 },
  why: 'it was fine',
  undo: 'roll forward',
};

export const testDurations = {
  ...shippedPolicy.durations,
  soakMs: 300,
  verifyTimeoutMs: 1500,
  verifyEveryMs: 500,
  lookAgainMs: 300,
};

/** How long the scripted gates stay open, in seconds. */
export const gateSeconds = { expires: 60, escalates: 30 };

export type ScriptedRecord = {
  standing: 'open' | 'closed';
  deliveryNo: number;
  firing: boolean;
  takenOverBy?: string;
};

/**
 * Activities that answer from a script and write down that they were called: for tests of what the workflows do with
 * answers. Each test replaces the ones that it is about.
 */
export function scriptedActivities(replaced: Partial<AllActivities> = {}): {
  calls: Called[];
  activities: AllActivities;
  /** What is on record of the incident; a test that delivers changes it first, as the intake does. */
  record: ScriptedRecord;
} {
  const record: ScriptedRecord = { standing: 'open', deliveryNo: 1, firing: true };
  const calls: Called[] = [];
  let gateState: GateState = { state: 'open', approvals: 0 };
  let plans = 0;
  const script: AllActivities = {
    takeTurn: async (input: TakeTurnInput) => {
      if (input.task === 'diagnose' && input.round === 0) {
        return {
          kind: 'tool-calls',
          calls: [
            { server: 'kubernetes', tool: 'kubernetes_list_objects', arguments: {}, why: 'what is there' },
          ],
        };
      }
      if (input.task === 'plan') plans += 1;
      const brief = briefs[input.task];
      if (brief === undefined) return { kind: 'hand-over', reason: `nothing scripted for ${input.task}` };
      return { kind: 'finding', brief: brief.task === 'plan' ? { ...brief, planNo: plans } : brief };
    },
    callTool: async (input) => ({
      id: `e-${input.callSeq}`,
      digest: '',
      truncated: false,
      gaps: [],
      failed: false,
    }),
    setPhase: nothing,
    updateIncident: async () => ({ lookAgainMs: testDurations.lookAgainMs }),
    takeOver: nothing,
    closeIncident: async () => true,
    readIncident: async () => ({ ...record }),
    remediationOutlook: async () => ({ may: true }),
    planStanding: async () => ({ underWay: false, verified: true }),
    recordUnknownSignal: nothing,
    recordCase: nothing,
    planSteps: async () => ({ steps: [scriptedStep] }),
    decidePolicy: async () => ({
      requirement: 'one',
      rule: '*/disrupt',
      policyVersion: 'p1',
      environment: 'practice',
      argsHash: 'h1',
      durations: testDurations,
    }),
    openGate: async (input) => ({
      gateId: `gate-${input.stepNo}-${input.attempt}`,
      argsHash: 'h1',
      what: { en: 'Roll back', zh: '回滚' },
      why: 'it was fine',
      undo: 'roll forward',
      riskClass: 'disrupt',
      rule: '*/disrupt',
      needs: { approvals: 1, roles: ['approver'], distinctFrom: [] },
      escalateAt: plusSeconds(input.openedAt, gateSeconds.escalates),
      expiresAt: plusSeconds(input.openedAt, gateSeconds.expires),
      diff: 'image: 2 → 1',
    }),
    judgeGate: async () => gateState,
    escalateGate: nothing,
    closeGate: nothing,
    applyEdits: nothing,
    issueGrant: async () => ({ granted: true, grant: 'signed' }),
    recordStep: nothing,
    prepareUndo: async () => 'ready',
    prepareStep: async () => ({
      ok: true,
      targetUid: 'u1',
      diffDigest: 'd1',
      riskClass: 'disrupt',
      undoable: true,
    }),
    executeStep: async () => ({ effect: 'applied', detail: 'patched' }),
    observeStep: async () => ({ effect: 'there', detail: 'the mark is there' }),
    lookAround: async () => ({ findings: [], seenWhole: { fault: [], signal: [], forecast: [] }, gaps: [] }),
    reportEnds: async () => 0,
    reportFindings: async () => 0,
  };
  const chosen = { ...script, ...replaced };
  const activities = Object.fromEntries(
    Object.entries(chosen).map(([name, run]) => [
      name,
      async (input: never) => {
        calls.push({ name: name as keyof AllActivities, input });
        // The server's judgement changes when a decision is there; the script says yes to the second question.
        if (name === 'judgeGate' && replaced.judgeGate === undefined) {
          const asked = calls.filter((call) => call.name === 'judgeGate').length;
          if (asked >= 2) gateState = { state: 'approved', by: ['ana'] };
        }
        return (run as (argument: never) => Promise<unknown>)(input);
      },
    ]),
  ) as AllActivities;
  return { calls, activities, record };
}

export function timesCalled(calls: readonly Called[], name: keyof AllActivities): number {
  return calls.filter((call) => call.name === name).length;
}

export function inputsOf<Name extends keyof AllActivities>(
  calls: readonly Called[],
  name: Name,
): Parameters<AllActivities[Name]>[0][] {
  return calls
    .filter((call) => call.name === name)
    .map((call) => call.input as Parameters<AllActivities[Name]>[0]);
}
