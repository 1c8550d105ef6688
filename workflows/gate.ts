import { condition, defineQuery, setHandler } from '@temporalio/workflow';
import type { GateBrief, PrepareKey } from '#activities/types.ts';
import { decisionSchema, type GateState } from '#domain/gate.ts';
import { toMs } from '#domain/time.ts';
import { lookers, recorders } from './activity-profiles.ts';
import { queryNames, signalNames, type Withdraw, withdrawSchema } from './contracts.ts';
import { onSignal, onUnknownSignals, type UnknownSignal } from './inbox.ts';
import { showAttributes, showDetails } from './visible.ts';

/** What people have said to this remediation. Decisions are counted here and judged by the server, from the history. */
export type GateInbox = {
  decisions: number;
  /** How many of them the server has been asked to judge. */
  judged: number;
  /** Gates that were asked in this run. */
  readonly asked: string[];
  withdrawn?: Withdraw;
  open?: GateBrief;
  readonly unknown: UnknownSignal[];
};

export type GateOutcome =
  | Extract<GateState, { state: 'approved' | 'rejected' | 'edited' }>
  | { readonly state: 'expired' }
  | { readonly state: 'withdrawn'; readonly reason: string };

/** First pause between looks at whether somebody else has changed the object while a gate waits; doubles each time. */
const firstLookMs = 20_000;
const longestLookMs = 600_000;

export function openInbox(): GateInbox {
  const inbox: GateInbox = { decisions: 0, judged: 0, asked: [], unknown: [] };
  onSignal(
    signalNames.decide,
    decisionSchema,
    'Approve, reject or edit the open step. Copy the JSON from the details (User Metadata) and put your one-time code in.',
    () => {
      inbox.decisions += 1;
    },
    inbox.unknown,
  );
  onSignal(
    signalNames.withdraw,
    withdrawSchema,
    'Stand down: close the open question without a step. {"reason":"…"}',
    (asked) => {
      // Somebody who takes over says more than that the alert has ended.
      if (inbox.withdrawn?.takenOverBy === undefined) inbox.withdrawn = asked;
    },
    inbox.unknown,
  );
  onUnknownSignals(inbox.unknown);
  setHandler(
    defineQuery(queryNames.approval),
    () => (inbox.open === undefined ? null : decisionTemplate(inbox.open)),
    {
      description: 'The JSON of the decision that is waited for; put your name and one-time code in',
    },
  );
  return inbox;
}

function decisionTemplate(gate: GateBrief): object {
  return {
    gateId: gate.gateId,
    argsHash: gate.argsHash,
    decision: 'approve',
    proof: { user: 'admin', otp: '000000' },
  };
}

/** A field a line: the place where it is shown is narrow, and a longer line would hide what has to be changed. */
function templateLines(gate: GateBrief): string {
  const fields = Object.entries(decisionTemplate(gate));
  return `{${fields.map(([name, value]) => `"${name}":${JSON.stringify(value)}`).join(',\n')}}`;
}

/** @param refused why the decision that came last does not count */
function showQuestion(gate: GateBrief, refused?: string): void {
  showDetails([
    '```json',
    templateLines(gate),
    '```',
    ...(refused === undefined
      ? []
      : [`**The last decision does not count: ${refused}.** It is still open.`, '']),
    'Send it as signal `decide` with your name and one-time code (or `"decision":"reject"`).',
    '',
    `**${gate.what.en}** / ${gate.what.zh}`,
    '',
    `- change: ${gate.diff}`,
    `- undo: ${gate.undo}`,
    `- why: ${gate.why}`,
    `- risk: ${gate.riskClass}, rule ${gate.rule}, until ${gate.expiresAt}`,
  ]);
}

/**
 * Waits until a gate is decided. The server judges decisions at the time that Temporal stamped on them, so a worker that
 * was away does not matter; when the time is up, everything that is already there is judged first, and only then is the
 * answer no.
 */
export async function passGate(
  inbox: GateInbox,
  key: PrepareKey,
  gate: GateBrief,
  diffDigest: string,
): Promise<GateOutcome> {
  inbox.open = gate;
  inbox.asked.push(gate.gateId);
  showAttributes({ phase: 'awaiting-approval', risk: gate.riskClass });
  showQuestion(gate);
  try {
    return await waitForOutcome(inbox, key, gate, diffDigest);
  } finally {
    delete inbox.open;
    showDetails([`${gate.what.en}: decided.`]);
  }
}

async function waitForOutcome(
  inbox: GateInbox,
  key: PrepareKey,
  gate: GateBrief,
  diffDigest: string,
): Promise<GateOutcome> {
  const about = { tenant: key.tenant, gateId: gate.gateId };
  // A decision may have been made before the gate was here to be waited for; the first look judges it.
  let judged = -1;
  let escalated = false;
  let lookMs = firstLookMs;
  let nextLookMs = Date.now() + lookMs;
  for (;;) {
    if (inbox.decisions > judged) {
      judged = inbox.decisions;
      inbox.judged = judged;
      const state = await recorders.judgeGate(about);
      if (state.state !== 'open') return state;
      showQuestion(gate, state.refused);
      continue;
    }
    if (inbox.withdrawn !== undefined) {
      await recorders.closeGate({ ...about, status: 'withdrawn' });
      return { state: 'withdrawn', reason: inbox.withdrawn.reason };
    }
    if (Date.now() >= toMs(gate.expiresAt)) return expire(inbox, about);
    if (!escalated && Date.now() >= toMs(gate.escalateAt)) {
      escalated = true;
      await recorders.escalateGate(about);
    }
    if (Date.now() >= nextLookMs) {
      const changed = await changedOutside(key, diffDigest);
      if (changed !== undefined) {
        await recorders.closeGate({ ...about, status: 'withdrawn' });
        return { state: 'withdrawn', reason: changed };
      }
      lookMs = Math.min(lookMs * 2, longestLookMs);
      nextLookMs = Date.now() + lookMs;
    }
    const wakeMs = Math.min(
      nextLookMs,
      toMs(gate.expiresAt),
      escalated ? Number.POSITIVE_INFINITY : toMs(gate.escalateAt),
    );
    const heard = judged;
    await condition(
      () => inbox.decisions > heard || inbox.withdrawn !== undefined,
      Math.max(1, wakeMs - Date.now()),
      {
        summary: `Waiting for a decision: ${gate.what.en}`.slice(0, 180),
      },
    );
  }
}

async function expire(inbox: GateInbox, about: { tenant: string; gateId: string }): Promise<GateOutcome> {
  inbox.judged = inbox.decisions;
  const state = await recorders.judgeGate(about);
  if (state.state !== 'open') return state;
  await recorders.closeGate({ ...about, status: 'expired' });
  return { state: 'expired' };
}

/** Why the step no longer is what was asked for, or undefined while it is. */
async function changedOutside(key: PrepareKey, diffDigest: string): Promise<string | undefined> {
  const now = await lookers.prepareStep(key);
  if (!now.ok) return `the object has changed: ${now.refused}`;
  return now.diffDigest === diffDigest ? undefined : 'somebody else changed the object';
}

/** Decisions that came after their gate was closed are judged as well: they are put on record, and their codes used up. */
export async function judgeLate(inbox: GateInbox, tenant: string): Promise<void> {
  if (inbox.decisions === inbox.judged) return;
  inbox.judged = inbox.decisions;
  for (const gateId of inbox.asked) await recorders.judgeGate({ tenant, gateId });
}
