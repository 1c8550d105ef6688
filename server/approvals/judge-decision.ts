import { verify as verifyOtp } from 'otplib';
import { z } from 'zod';
import { actionNamed } from '#domain/actions/catalogue.ts';
import {
  codeProofSchema,
  type Decision,
  decisionDigest,
  decisionSchema,
  type Gate,
  type JudgedDecision,
} from '#domain/gate.ts';
import { undoneStepNo } from '#domain/plan.ts';
import { holdsRedactionMark } from '#domain/redaction-mark.ts';
import { fromMs, type Instant, toMs } from '#domain/time.ts';
import { countVerdicts } from '#store/gates.ts';
import { burnOtp } from '#store/otp-burns.ts';
import type { Tx } from '#store/pool.ts';
import { getUser, totpSecretOf, type User } from '#store/users.ts';
import type { DecideEvent } from '../temporal/decide-events.ts';
import { checkDecisionToken } from './decision-token.ts';
import type { Requirement } from './requirement.ts';
import type { KeyPair } from './signing-keys.ts';

/** `accepted`, or the first reason why a decision does not count. */
export const verdicts = [
  'accepted',
  /** It has not the form of a decision. */
  'malformed',
  /** It names another gate than any that this workflow has asked. */
  'other-gate',
  'too-early',
  'too-late',
  /** It was made for another content than what was asked. */
  'wrong-hash',
  'token-invalid',
  'token-expired',
  'token-revoked',
  /** The token was made for another decision than the one it came with. */
  'token-altered',
  'wrong-code',
  /** The one-time code has been used for another decision. */
  'code-used',
  /** Too many wrong codes in this name: codes of it do not count for a while. */
  'codes-locked',
  'unknown-user',
  'disabled-user',
  'role-missing',
  /** Four eyes: whoever asked for the step may not decide. */
  'four-eyes',
  /** The account may not decide in this environment. */
  'other-environment',
  /** The policy allows nobody. */
  'forbidden',
  /** The new arguments do not fit the action, or hold the mark of a secret that was taken out. */
  'bad-edits',
] as const;
export type Verdict = (typeof verdicts)[number];

export type JudgeInput = {
  readonly tx: Tx;
  readonly keys: KeyPair;
  readonly gate: Gate;
  readonly requirement: Requirement;
  readonly event: DecideEvent;
};

/** Who it was, as far as that is proved; a name alone is a claim. */
type Identity = {
  readonly proofKind: 'token' | 'otp';
  readonly claimedUser: string;
  readonly channel: string;
  readonly refused?: Verdict;
};

const codePeriodSeconds = 30;
/** Wrong codes in one name after which its codes do not count, and for how long they are remembered. */
const mostWrongCodes = 5;
const wrongCodesForMs = 15 * 60_000;

async function judgeToken(input: JudgeInput, decision: Decision, token: string): Promise<Identity> {
  const { keys, event, gate } = input;
  const checked = await checkDecisionToken(keys, token, event.at);
  const unknown = { proofKind: 'token', claimedUser: '', channel: 'token' } as const;
  if (!checked.ok) return { ...unknown, refused: checked.why };
  const { sub, channel, gateId, argsHash, decisionDigest: digest } = checked.claims;
  const identity = { proofKind: 'token', claimedUser: sub, channel } as const;
  const fits =
    gateId === gate.gateId && argsHash === decision.argsHash && digest === decisionDigest(decision);
  if (!fits) return { ...identity, refused: 'token-altered' };
  const user = await getUser(input.tx, sub);
  const revokedAt = user?.tokensRevokedAt;
  const isRevoked =
    revokedAt !== undefined &&
    toMs(revokedAt) <= toMs(event.at) &&
    checked.claims.iat * 1000 <= toMs(revokedAt);
  return isRevoked ? { ...identity, refused: 'token-revoked' } : identity;
}

/** The time step of a code that was good at that moment or one step beside it, or undefined. */
async function stepOfCode(secret: string, code: string, at: Instant): Promise<number | undefined> {
  if (code.length !== 6) return undefined;
  const epoch = Math.floor(toMs(at) / 1000);
  const result = await verifyOtp({ secret, token: code, epoch, epochTolerance: codePeriodSeconds });
  return result.valid ? Math.floor(epoch / codePeriodSeconds) + result.delta : undefined;
}

async function judgeCode(input: JudgeInput, user: string, code: string): Promise<Identity> {
  const { tx, event, gate } = input;
  const identity = { proofKind: 'otp', claimedUser: user, channel: 'temporal' } as const;
  const from = fromMs(toMs(event.at) - wrongCodesForMs);
  const wrong = await countVerdicts(tx, { user, verdict: 'wrong-code', from, to: event.at });
  if (wrong >= mostWrongCodes) return { ...identity, refused: 'codes-locked' };
  const secret = await totpSecretOf(tx, user);
  // One answer for a name that nobody has, one without a seed, and a wrong code.
  const step = secret === undefined ? undefined : await stepOfCode(secret, code, event.at);
  if (step === undefined) return { ...identity, refused: 'wrong-code' };
  const use = { user, step, gateId: gate.gateId, runId: gate.runId, eventId: event.eventId };
  return (await burnOtp(tx, use)) ? identity : { ...identity, refused: 'code-used' };
}

/** Why this person may not decide this gate, or undefined where they may. */
export function refusalOfUser(
  user: User | undefined,
  requirement: Requirement,
  at: Instant,
): Verdict | undefined {
  const { needs, environment } = requirement;
  if (user === undefined) return 'unknown-user';
  if (user.disabledAt !== undefined && toMs(user.disabledAt) <= toMs(at)) return 'disabled-user';
  if (needs === undefined) return 'forbidden';
  if (!user.roles.some((role) => needs.roles.includes(role))) return 'role-missing';
  if (needs.distinctFrom.includes(user.name)) return 'four-eyes';
  if (user.environments !== undefined && !user.environments.includes(environment)) return 'other-environment';
  return undefined;
}

/**
 * True where the question was taken back before that moment. One that was closed by a decision is not meant: of decisions,
 * the first ones in the history count anyway, and no second clock is needed to tell.
 */
function wasTakenBack(gate: Gate, atMs: number): boolean {
  const isBack = gate.status === 'withdrawn' || gate.status === 'expired';
  return isBack && gate.closedAt !== undefined && atMs >= toMs(gate.closedAt);
}

/** Why a decision does not fit the question, whoever made it. */
function refusalOfContent(gate: Gate, decision: Decision, at: Instant): Verdict | undefined {
  const atMs = toMs(at);
  if (decision.gateId !== gate.gateId) return 'other-gate';
  if (atMs < toMs(gate.openedAt)) return 'too-early';
  if (atMs >= toMs(gate.expiresAt) || wasTakenBack(gate, atMs)) return 'too-late';
  if (decision.argsHash !== gate.argsHash) return 'wrong-hash';
  if (decision.decision !== 'edit') return undefined;
  const { edits } = decision;
  if (edits === undefined || holdsRedactionMark(edits)) return 'bad-edits';
  // A step is taken back as it was taken, or not at all.
  if (undoneStepNo(gate.stepNo) !== undefined) return 'bad-edits';
  const edited = actionNamed(gate.action).arguments.safeParse({ ...gate.arguments, ...edits });
  return edited.success ? undefined : 'bad-edits';
}

const codeHolderSchema = z.looseObject({ proof: codeProofSchema });

/**
 * Uses up the one-time code of a decision that does not count: it stands in the history for whoever may read that, and
 * would be good for another decision. What the code was worth is not told.
 */
async function useUpCode(input: JudgeInput): Promise<void> {
  const holder = codeHolderSchema.safeParse(input.event.payload);
  if (holder.success) await judgeCode(input, holder.data.proof.user, holder.data.proof.otp);
}

/**
 * Judges one decision at the time that Temporal stamped on it: a worker or the server may have been away meanwhile. Uses up
 * the one-time code that came with it, whether it counts or not.
 */
export async function judgeDecision(input: JudgeInput): Promise<JudgedDecision> {
  const { event, gate } = input;
  const base = { gateId: gate.gateId, runId: gate.runId, eventId: event.eventId, at: event.at };
  const parsed = decisionSchema.safeParse(event.payload);
  if (!parsed.success) {
    await useUpCode(input);
    return { ...base, accepted: false, verdict: 'malformed' };
  }
  const decision = parsed.data;
  const said = {
    decision: decision.decision,
    ...(decision.reason === undefined ? {} : { reason: decision.reason }),
    ...(decision.edits === undefined ? {} : { edits: decision.edits }),
  };
  const outOfPlace = refusalOfContent(gate, decision, event.at);
  if (outOfPlace !== undefined) {
    await useUpCode(input);
    return { ...base, ...said, accepted: false, verdict: outOfPlace };
  }
  const { proof } = decision;
  const identity =
    'token' in proof
      ? await judgeToken(input, decision, proof.token)
      : await judgeCode(input, proof.user, proof.otp);
  const { claimedUser, proofKind, channel } = identity;
  const verdict =
    identity.refused ??
    refusalOfUser(await getUser(input.tx, claimedUser), input.requirement, event.at) ??
    'accepted';
  return {
    ...{ ...base, ...said, proofKind, channel, accepted: verdict === 'accepted', verdict },
    ...(claimedUser === '' ? {} : { user: claimedUser }),
  };
}
