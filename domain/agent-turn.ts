import { z } from 'zod';
import type { alertSchema } from './alert.ts';
import { causeCodeSchema } from './causes/catalogue.ts';
import { type Diagnosis, diagnosisSchema } from './diagnosis.ts';
import { type Evidence, toolCallSchema } from './evidence.ts';
import type { Incident } from './incident.ts';
import { objectRefSchema } from './object-ref.ts';
import { type Plan, planSchema, remediationResultSchema } from './plan.ts';
import { severitySchema } from './severity.ts';
import { instantSchema } from './time.ts';
import { runbookSchema, similarCaseSchema } from './tools/knowledge.ts';
import { signals } from './tools/prometheus.ts';

export const agentNames = ['master', 'monitoring', 'diagnosis', 'automation', 'knowledge'] as const;
export type AgentName = (typeof agentNames)[number];

/** What an agent is asked in a turn, and who is asked. */
export const agentTasks = {
  triage: 'master',
  observe: 'monitoring',
  recall: 'knowledge',
  diagnose: 'diagnosis',
  plan: 'automation',
  verify: 'monitoring',
  conclude: 'master',
  learn: 'knowledge',
} as const satisfies Readonly<Record<string, AgentName>>;
export type AgentTask = keyof typeof agentTasks;
export const agentTaskSchema = z.enum(Object.keys(agentTasks) as [AgentTask, ...AgentTask[]]);

/** What is at stake and where to look: the master's first word. */
export const triageSchema = z.object({
  severity: severitySchema,
  title: z.string(),
  service: z.string().optional(),
  cluster: z.string(),
  environment: z.string(),
  namespace: z.string().optional(),
  /** The object that the alert names, where it names one. */
  object: objectRefSchema.optional(),
  /** A test alert or one that cannot point to anything. */
  isTest: z.boolean(),
  why: z.string(),
});
export type Triage = z.infer<typeof triageSchema>;

/** A signal that moved around the alert. */
export const movedSignalSchema = z.object({
  series: z.string(),
  name: z.string(),
  service: z.string().optional(),
  version: z.string().optional(),
  signal: z.enum(signals),
  unit: z.string().optional(),
  before: z.number().nullable(),
  now: z.number().nullable(),
  /** Robust distance from the quiet window, signed: positive is worse. */
  score: z.number(),
  since: instantSchema.optional(),
  quote: z.string(),
  evidenceId: z.string(),
});
export type MovedSignal = z.infer<typeof movedSignalSchema>;

export const observationSchema = z.object({
  quietFrom: instantSchema,
  quietTo: instantSchema,
  windowFrom: instantSchema,
  windowTo: instantSchema,
  moved: z.array(movedSignalSchema),
  /** Services whose signals did not move. */
  calm: z.array(z.string()),
  otherAlerts: z.array(z.string()),
  gaps: z.array(z.string()),
});
export type Observation = z.infer<typeof observationSchema>;

export const recallSchema = z.object({ cases: z.array(similarCaseSchema), runbooks: z.array(runbookSchema) });
export type Recall = z.infer<typeof recallSchema>;

/** One look at whether a step helped. */
export const verificationSchema = z.object({
  state: z.enum(['well', 'not-yet', 'worse']),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  summary: z.string(),
});
export type Verification = z.infer<typeof verificationSchema>;

/** How the master tells the incident when it is over, or when it hands over. */
export const conclusionSchema = z.object({ outcome: z.string(), story: z.string() });
export type Conclusion = z.infer<typeof conclusionSchema>;

/** What is remembered of a closed incident. */
export const caseSchema = z.object({
  title: z.string(),
  alertNames: z.array(z.string()),
  service: z.string().optional(),
  symptoms: z.array(z.string()),
  cause: causeCodeSchema.optional(),
  object: objectRefSchema.optional(),
  outcome: z.string(),
  steps: z.array(z.object({ action: z.string(), object: objectRefSchema, outcome: z.string() })),
  story: z.string(),
});
export type Case = z.infer<typeof caseSchema>;

/** What has been found so far; every field is the last word on it. */
export type Findings = {
  readonly triage?: Triage;
  readonly observation?: Observation;
  readonly recall?: Recall;
  readonly diagnosis?: Diagnosis;
  readonly plan?: Plan;
};

export const findingSchemas = {
  triage: triageSchema,
  observe: observationSchema,
  recall: recallSchema,
  diagnose: diagnosisSchema,
  plan: planSchema,
  verify: verificationSchema,
  conclude: conclusionSchema,
  learn: caseSchema,
} as const satisfies Readonly<Record<AgentTask, z.ZodType>>;
export type FindingOf<Task extends AgentTask> = z.infer<(typeof findingSchemas)[Task]>;

/** What an agent answers: more questions, or its finding, or that a person must go on. */
export const agentDecisionSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tool-calls'), calls: z.array(toolCallSchema).min(1).max(64) }),
  z.object({ kind: z.literal('finding'), finding: z.unknown() }),
  z.object({ kind: z.literal('hand-over'), reason: z.string() }),
]);
export type AgentDecision = z.infer<typeof agentDecisionSchema>;

/** A step that was tried, with how it ended. */
export const triedStepSchema = z.object({
  planNo: z.int(),
  cause: causeCodeSchema,
  object: objectRefSchema,
  action: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  result: remediationResultSchema,
});
export type TriedStep = z.infer<typeof triedStepSchema>;

/** A service as the catalogue knows it. */
export const serviceEntrySchema = z.object({
  service: z.string(),
  cluster: z.string(),
  namespace: z.string().optional(),
  workload: z.object({ kind: z.string(), name: z.string() }).optional(),
  environment: z.string(),
  team: z.string().optional(),
  mode: z.enum(['shadow', 'propose', 'act']).optional(),
});
export type ServiceEntry = z.infer<typeof serviceEntrySchema>;

/** Everything that a reasoner may see; plain data, so that the same view gives the same answer. */
export type AgentView = {
  readonly task: AgentTask;
  /** Rounds of questions already asked in this task. */
  readonly round: number;
  /** The only "now" there is. */
  readonly asOf: string;
  readonly incident: Pick<
    Incident,
    'id' | 'source' | 'groupKey' | 'severity' | 'title' | 'openedAt' | 'deliveryCount'
  > &
    Partial<Pick<Incident, 'service' | 'cluster' | 'environment' | 'outcome'>>;
  readonly alerts: readonly z.infer<typeof alertSchema>[];
  readonly services: readonly ServiceEntry[];
  /** Clusters that can be asked. */
  readonly clusters: readonly string[];
  /**
   * What is under investigation beyond what alerts name: namespaces, or with an empty list everything that there is. Absent
   * for an alert of a live system, where only the surroundings of what it names are looked at. Of what is `recorded` all may
   * be asked, for it costs nobody anything; a live system is asked as sparingly as for an alert.
   */
  readonly scope?: { readonly namespaces: readonly string[]; readonly recorded: boolean };
  /** Names of the tools that can be called. */
  readonly tools: readonly string[];
  readonly evidence: readonly Evidence[];
  readonly findings: Findings;
  readonly tried: readonly TriedStep[];
  /** When a step was taken, for `verify`. */
  readonly actedAt?: string;
};
