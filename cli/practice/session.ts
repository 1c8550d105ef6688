import { setTimeout as sleep } from 'node:timers/promises';
import { UnderstudyError } from '#domain/errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { untilAborted } from '../until-aborted.ts';
import { type Play, playFault, type RoundEnd, resumeGates } from './play.ts';

export type SessionOptions = {
  /** The fault to begin with; absent: a bad release. */
  readonly fault?: string;
};

/** Easy to follow: the alert, the cause and the cure are all about one release. */
const firstFault = 'bad-release';
/** How long incidents from before are waited for. */
const calmPatienceMs = 60_000;
const calmPollMs = 1_000;

/**
 * Plays rounds of practice. With an approving account it is one round, and the exit code says whether it was mended;
 * otherwise it goes on until the person has had enough.
 */
export async function practise(play: Play, { fault }: SessionOptions): Promise<ExitCode> {
  const { terminal, words } = play.context;
  const names = (await play.faults.list()).map(({ name }) => name);
  const first = fault ?? (names.includes(firstFault) ? firstFault : names[0]);
  if (first === undefined || !names.includes(first)) throw unknownFault(first ?? '', names, play);
  let end = (await goOnFromBefore(play)) ?? (await clearedRound(play, first));
  for (;;) {
    if (!end.mended) terminal.complain(words.practice.notMended(end.how));
    if (play.approval.by === 'account') return end.mended ? exitCodes.ok : exitCodes.failure;
    const another = play.approval.by === 'person' ? await chooseAnother(play, names) : 'stay';
    if (another === 'quit') return exitCodes.ok;
    if (another === 'stay') return stay(play);
    end = await clearedRound(play, another.fault);
  }
}

function unknownFault(name: string, names: readonly string[], { context }: Play): UnderstudyError {
  return new UnderstudyError('not-found', context.words.practice.unknownFault(name, names.join(', ')));
}

/** What an earlier start left open is gone on with: an approval that waits outlives everything that was stopped. */
async function goOnFromBefore(play: Play): Promise<RoundEnd | undefined> {
  const gates = await play.client.gates({ status: 'open', limit: 20 });
  return gates.length === 0 ? undefined : resumeGates(play, gates);
}

/** A round that begins calm: faults from before off, their incidents ended. */
async function clearedRound(play: Play, fault: string): Promise<RoundEnd> {
  const { terminal, words } = play.context;
  for (const { name, isOn } of await play.faults.list()) {
    if (!isOn) continue;
    terminal.out(words.practice.faultWasOn(name));
    await play.faults.off(name);
  }
  await untilCalm(play);
  return playFault(play, fault);
}

async function untilCalm({ client, context, signal }: Play): Promise<void> {
  const { terminal, words } = context;
  const isCalm = async (): Promise<boolean> =>
    (await client.incidents({ status: 'open', limit: 1 })).length === 0;
  if (await isCalm()) return;
  terminal.out(words.practice.endedEarlier);
  const untilMs = Date.now() + calmPatienceMs;
  while (Date.now() < untilMs && !(await isCalm())) await sleep(calmPollMs, undefined, { signal });
}

async function chooseAnother(
  play: Play,
  names: readonly string[],
): Promise<'stay' | 'quit' | { fault: string }> {
  const { terminal, words } = play.context;
  for (;;) {
    const line = (await terminal.ask(`\n${words.practice.another(names.join(', '))}`, play.signal))?.trim();
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
