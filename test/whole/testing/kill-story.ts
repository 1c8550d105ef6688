import type { WholeInstance } from './instance.ts';
import { type Moment, type Span, spanOf, untilMoment } from './moments.ts';
import { type Ending, playIncident, type Scene } from './play-incident.ts';
import { type Death, killHard, runningNow, untilReplaced, type Victim } from './processes.ts';
import { untilSo } from './until-so.ts';

export type Kill = { readonly victim: Victim; readonly moment: Moment };

export type KillSeen = Kill & {
  /** Whether the record shows that the death was within the moment. */
  readonly hit: boolean;
  /** For people: where the death was. */
  readonly seen: string;
};

type Met = { readonly kill: Kill; readonly death: Death; readonly incidentId: string };

async function carryOut({ instance, mark }: Scene, kill: Kill): Promise<Met> {
  const who = await runningNow(instance.stateFolder, kill.victim);
  const incidentId = await untilMoment(instance, mark, kill.moment);
  const death = await killHard(who);
  await untilReplaced(instance.stateFolder, kill.victim, death);
  return { kill, death, incidentId };
}

function describe(death: Death, span: Span | undefined): string {
  if (span === undefined) return 'the moment never came';
  const after = (ms: number): number => Math.round(ms - span.fromMs);
  const lasted = Number.isFinite(span.toMs) ? `${after(span.toMs)} ms` : 'to the end';
  return `died between ${after(death.sentMs)} and ${after(death.goneMs)} ms of a moment that lasted ${lasted}`;
}

function judge({ kill, death }: Met, span: Span | undefined): KillSeen {
  const hit = span !== undefined && span.fromMs <= death.sentMs && death.goneMs <= span.toMs;
  return { ...kill, hit, seen: describe(death, span) };
}

/**
 * Plays one incident in which processes are killed, one at a time and each at its moment, in the moments' order; everything
 * has to go on by itself.
 */
export async function playKills(
  instance: WholeInstance,
  kills: readonly Kill[],
): Promise<{ readonly ending: Ending; readonly kills: readonly KillSeen[] }> {
  const met: Met[] = [];
  const { ending, mark } = await playIncident(instance, 'scaled-to-zero', async (scene) => {
    // Where somebody is to die while a person is waited for, the person comes after that.
    const beforeApproval = kills.findLastIndex(({ moment }) => moment === 'waiting') + 1;
    for (const [index, kill] of kills.entries()) {
      if (index === beforeApproval) scene.approveAll();
      met.push(await carryOut(scene, kill));
    }
    scene.approveAll();
  });
  const seen: KillSeen[] = [];
  for (const each of met) {
    const read = async () => ({ span: await spanOf(instance, mark, each.kill.moment, each.incidentId) });
    seen.push(judge(each, (await untilSo('the record can be read', read)).span));
  }
  return { ending, kills: seen };
}
