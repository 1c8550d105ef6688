import { setTimeout as sleep } from 'node:timers/promises';
import { UnderstudyError } from '#domain/errors.ts';
import type { Incident } from '#domain/incident.ts';
import { toMs } from '#domain/time.ts';
import type { ApiClient } from '../api-client.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { untilAborted } from '../until-aborted.ts';
import { type Play, playFault } from './play.ts';
import { resolvedWebhook } from './resolved-webhook.ts';

export type SessionOptions = {
  /** The fault to begin with; absent: a bad release, where the range can show one. */
  readonly fault?: string;
};

/** Easy to follow: the alert, the cause and the cure are all about one release. The second shows without running containers. */
const firstFaults = ['bad-release', 'image-missing'];
/** How long incidents from before are waited for. */
const calmPatienceMs = 90_000;
const calmPollMs = 1_000;

/**
 * Plays rounds of practice. With an approving account it is one round, and the exit code says whether it was mended;
 * otherwise it goes on until the person has had enough.
 */
export async function practise(play: Play, { fault }: SessionOptions): Promise<ExitCode> {
  const { terminal, words } = play.context;
  const { names } = play.faults;
  let next = fault ?? firstFaults.find((name) => names.includes(name)) ?? names[0] ?? '';
  if (!names.includes(next))
    throw new UnderstudyError('not-found', words.practice.unknownFault(next, names.join(', ')));
  await endLeftovers(play);
  await untilCalm(play);
  for (;;) {
    const end = await playFault(play, next);
    if (!end.mended) terminal.complain(words.practice.notMended(end.how));
    if (play.approval.by === 'account') return end.mended ? exitCodes.ok : exitCodes.failure;
    const another = play.approval.by === 'person' ? await chooseAnother(play) : 'stay';
    if (another === 'quit') return exitCodes.ok;
    if (another === 'stay') return stay(play);
    await play.faults.off(next);
    await untilCalm(play);
    next = another.fault;
  }
}

/**
 * The range begins with a shop that is well, and with an Alertmanager that has forgotten what fired before: of incidents that
 * an earlier run left open it will never tell the end. It is told here in its place, and they close in their own way.
 */
async function endLeftovers(play: Play): Promise<void> {
  const { client, context } = play;
  const open = (await openAlerts(client)).filter(({ openedAt }) => toMs(openedAt) < play.startedMs);
  if (open.length === 0) return;
  context.terminal.out(context.words.practice.endedEarlier);
  for (const { id } of open) await client.sendWebhook(resolvedWebhook(await client.incident(id), Date.now()));
}

/** Incidents that wait for Alertmanager to tell their end. */
async function openAlerts(client: ApiClient): Promise<readonly Incident[]> {
  const open = await client.incidents({ status: 'open', limit: 200 });
  return open.filter((incident) => incident.source === 'alertmanager');
}

async function untilCalm({ client, context, signal }: Play): Promise<void> {
  const untilMs = Date.now() + calmPatienceMs;
  while ((await openAlerts(client)).length > 0) {
    if (Date.now() >= untilMs) {
      context.terminal.say(context.words.practice.notCalm);
      return;
    }
    await sleep(calmPollMs, undefined, { signal });
  }
}

async function chooseAnother(play: Play): Promise<'stay' | 'quit' | { fault: string }> {
  const { terminal, words } = play.context;
  const { names } = play.faults;
  terminal.say(`\n${words.practice.otherFaults(names.join(', '))}`);
  for (;;) {
    const line = (await terminal.ask(words.practice.another, play.signal))?.trim();
    if (line === undefined || line === '') return 'stay';
    if (line === 'q' || line === 'quit') return 'quit';
    if (names.includes(line)) return { fault: line };
    terminal.say(words.practice.unknownFault(line, names.join(', ')));
  }
}

/** Everything goes on running until somebody ends it. */
function stay({ context, signal }: Play): Promise<never> {
  context.terminal.say(context.words.practice.staying);
  return untilAborted(signal);
}
