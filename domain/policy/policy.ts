import { z } from 'zod';
import { hashOf } from '../hash.ts';
import { riskClasses } from '../risk.ts';

/** auto: without a person; one, two: so many people; forbidden: never. From the loosest to the strictest. */
export const requirements = ['auto', 'one', 'two', 'forbidden'] as const;
export const requirementSchema = z.enum(requirements);
export type Requirement = (typeof requirements)[number];

export const roles = ['viewer', 'responder', 'approver', 'admin', 'auditor'] as const;
export const roleSchema = z.enum(roles);
export type Role = (typeof roles)[number];

const ruleSchema = z.strictObject({
  /** Named in questions and audit rows: `production/disrupt`. */
  name: z.string().min(1),
  /** An environment's name, or `*`. */
  environment: z.string().min(1),
  riskClass: z.enum(riskClasses),
  requirement: requirementSchema,
  /** Who may decide. */
  roles: z.array(roleSchema).min(1),
});
export type PolicyRule = z.infer<typeof ruleSchema>;

const durationsSchema = z.strictObject({
  /** How long a gate waits before it is denied. */
  gateTtlMs: z.int().min(1000),
  /** How long until it is brought to the next in line; once. */
  escalateAfterMs: z.int().min(500),
  /** How long what was mended must stay well. */
  soakMs: z.int().min(0),
  /** How long a step may take to help. */
  verifyTimeoutMs: z.int().min(1000),
  /** How often it is looked at meanwhile. */
  verifyEveryMs: z.int().min(500),
  /** How long a grant may be used after it was given. */
  grantTtlMs: z.int().min(1000),
  /** How long until a calm or unclear incident is looked at again. */
  lookAgainMs: z.int().min(200),
});

export const policySchema = z.strictObject({
  version: z.literal(1),
  rules: z.array(ruleSchema),
  durations: durationsSchema,
  /** Environments whose durations differ. */
  environments: z.record(z.string(), z.strictObject({ durations: durationsSchema.partial() })).default({}),
  /** While true nothing is written at all. */
  freeze: z.boolean().default(false),
});
export type Policy = z.infer<typeof policySchema>;
export type PolicyDurations = z.infer<typeof durationsSchema>;

/** Sixteen hex digits that change with any change of the policy. */
export function policyVersionOf(policy: Policy): string {
  return hashOf(policy).slice(0, 16);
}

/** The durations that hold in an environment. */
export function durationsIn(policy: Policy, environment: string): PolicyDurations {
  return durationsSchema.parse({ ...policy.durations, ...policy.environments[environment]?.durations });
}

const minuteMs = 60_000;

/** What is in force until somebody writes another: nothing is done without a person. */
export const shippedPolicy: Policy = policySchema.parse({
  version: 1,
  rules: [
    { name: '*/observe', environment: '*', riskClass: 'observe', requirement: 'auto', roles: ['responder'] },
    {
      name: '*/adjust',
      environment: '*',
      riskClass: 'adjust',
      requirement: 'one',
      roles: ['responder', 'approver', 'admin'],
    },
    {
      name: '*/disrupt',
      environment: '*',
      riskClass: 'disrupt',
      requirement: 'one',
      roles: ['approver', 'admin'],
    },
    {
      name: '*/destroy',
      environment: '*',
      riskClass: 'destroy',
      requirement: 'two',
      roles: ['approver', 'admin'],
    },
  ],
  durations: {
    gateTtlMs: 30 * minuteMs,
    escalateAfterMs: 10 * minuteMs,
    soakMs: 2 * minuteMs,
    verifyTimeoutMs: 10 * minuteMs,
    verifyEveryMs: 10_000,
    grantTtlMs: 5 * minuteMs,
    lookAgainMs: 60_000,
  },
  environments: {
    practice: {
      durations: { soakMs: 20_000, verifyTimeoutMs: 120_000, verifyEveryMs: 3_000, lookAgainMs: 10_000 },
    },
  },
});
