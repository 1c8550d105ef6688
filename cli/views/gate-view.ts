import type { Gate } from '#domain/gate.ts';
import { toMs } from '#domain/time.ts';
import { formatDuration } from '../duration.ts';
import { diffLines } from './field-diff.ts';
import { fieldLines } from './layout.ts';
import { clock, type Style, shortGateId } from './style.ts';

/** A proposed step as the one who decides must see it: what, why, diff, what it touches, undo, risk, until when. */
export function renderGate(gate: Gate, style: Style, nowMs: number): string {
  const { words, paint, language } = style;
  const heading = `${paint.strong(words.gate.title)}  ${paint.code(shortGateId(gate.gateId))}  ${statusOf(gate, style, nowMs)}`;
  const lines = fieldLines(
    [
      [words.gate.what, paint.strong(gate.what[language])],
      [words.gate.why, gate.why],
      [words.gate.change, diffLines(gate.changes, style)],
      [words.gate.touches, words.gate.touching(gate)],
      [words.gate.undo, gate.undo],
      [words.gate.risk, words.gate.riskAndRule(gate)],
      [words.gate.deadline, gate.status === 'open' ? deadline(gate, style, nowMs) : ''],
    ],
    { indent: 2, columns: style.columns, label: paint.quiet },
  );
  return [heading, ...lines].join('\n');
}

function statusOf(gate: Gate, { words, paint }: Style, nowMs: number): string {
  if (gate.status !== 'open') return words.gateStatus[gate.status];
  const leftMs = toMs(gate.expiresAt) - nowMs;
  return paint.waiting(
    leftMs > 0 ? words.gate.waiting(formatDuration(leftMs, words.units)) : words.gateStatus.expired,
  );
}

function deadline(gate: Gate, style: Style, nowMs: number): string {
  const { words } = style;
  const until = words.gate.until(clock(gate.expiresAt, style));
  const escalates = gate.escalatedAt === undefined && toMs(gate.escalateAt) > nowMs;
  return escalates ? `${until}${words.gate.escalatesAt(clock(gate.escalateAt, style))}` : until;
}

/** What the short form leaves out: the arguments whole, and what the approval is bound to. */
export function renderGateDetails(gate: Gate, style: Style): string {
  const { words, paint, columns } = style;
  const lines = fieldLines(
    [
      [words.gate.arguments, JSON.stringify(gate.arguments)],
      [words.gate.change, JSON.stringify(gate.changes, undefined, 2).split('\n')],
      [words.gate.workflow, [gate.workflowId, gate.runId]],
      [words.gate.policyVersion, gate.policyVersion],
      [words.gate.argsHash, gate.argsHash],
    ],
    { indent: 2, columns, label: paint.quiet },
  );
  return lines.join('\n');
}
