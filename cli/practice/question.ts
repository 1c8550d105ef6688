import type { Gate } from '#domain/gate.ts';
import type { ApiClient } from '../api-client.ts';
import { sendDecision } from '../decide.ts';
import { lastDiagnosis } from '../follow.ts';
import type { Terminal } from '../terminal.ts';
import { renderDiagnosis } from '../views/diagnosis-view.ts';
import { renderGateDetails } from '../views/gate-view.ts';
import type { Style } from '../views/style.ts';

export type Question = {
  readonly client: ApiClient;
  readonly terminal: Terminal;
  readonly style: Style;
  readonly gate: Gate;
  /** Aborted when the gate is closed elsewhere. */
  readonly signal: AbortSignal;
};

type Answer = 'approve' | 'reject' | 'details' | 'unclear';
const answers: Readonly<Record<string, Answer>> = {
  y: 'approve',
  yes: 'approve',
  n: 'reject',
  no: 'reject',
  d: 'details',
  details: 'details',
};

/**
 * Asks the person at the keyboard until there is a decision, and sends it. False where the input ended without one. Throws
 * what `sendDecision` throws, and the signal's reason.
 */
export async function askAndDecide(question: Question): Promise<boolean> {
  const { client, terminal, style, gate, signal } = question;
  const { words } = style;
  for (;;) {
    const line = await terminal.ask(words.approval.ask, signal);
    if (line === undefined) return false;
    const answer = answers[line.trim().toLowerCase()] ?? 'unclear';
    if (answer === 'details') terminal.out(await details(question));
    if (answer === 'unclear') terminal.say(words.approval.askAgain);
    if (answer === 'approve') {
      await sendDecision(client, gate, { decision: 'approve' }, words);
      return true;
    }
    if (answer === 'reject') {
      const reason = (await terminal.ask(words.approval.askReason, signal))?.trim() ?? '';
      if (reason === '') terminal.say(words.approval.reasonNeeded);
      else {
        await sendDecision(client, gate, { decision: 'reject', reason }, words);
        return true;
      }
    }
  }
}

async function details({ client, style, gate }: Question): Promise<string> {
  const diagnosis = lastDiagnosis(await client.incident(gate.incidentId));
  const parts = [
    renderGateDetails(gate, style),
    ...(diagnosis === undefined ? [] : [renderDiagnosis(diagnosis, style, 'whole')]),
  ];
  return `\n${parts.join('\n\n')}\n`;
}
