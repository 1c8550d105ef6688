import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinInstance, type WholeInstance } from './testing/instance.ts';
import { type Kill, playKills } from './testing/kill-story.ts';
import type { Moment } from './testing/moments.ts';
import type { Victim } from './testing/processes.ts';

/** `full`: every process at every moment; otherwise a fixed sample in which every process dies once. */
const isFull = process.env.UNDERSTUDY_WHOLE === 'full';

const kill = (victim: Victim, moment: Moment): Kill => ({ victim, moment });
const everyMoment: readonly Moment[] = ['accepted', 'investigating', 'waiting', 'acting', 'verifying'];
const throughout = (victim: Victim): readonly Kill[] => everyMoment.map((moment) => kill(victim, moment));

const sample = {
  'worker, database, Temporal and server': [
    kill('worker', 'investigating'),
    kill('postgresql', 'waiting'),
    kill('temporal', 'acting'),
    kill('server', 'verifying'),
  ],
  'server and actions': [kill('server', 'accepted'), kill('actions', 'answer-lost')],
};

const everything = {
  worker: throughout('worker'),
  server: throughout('server'),
  Temporal: throughout('temporal'),
  PostgreSQL: throughout('postgresql'),
  actions: [...throughout('actions').slice(0, 4), kill('actions', 'verifying')],
  'actions, once written': [kill('actions', 'answer-lost')],
};

/** How often an incident is played for what was not hit before. Some moments last for hundredths of a second. */
const mostAttempts = 5;
const storyTimeoutMs = 60 * 60_000;

describe.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
  'kill -9, and everything goes on',
  () => {
    let instance: WholeInstance;
    beforeAll(async () => {
      instance = await joinInstance();
    }, storyTimeoutMs);
    afterAll(() => instance.leave());

    it.each(Object.entries(isFull ? everything : sample))(
      '%s: mended, verified, and written exactly once',
      async (_, kills) => {
        let open = kills;
        for (let attempt = 1; open.length > 0; attempt += 1) {
          expect(attempt, `never hit: ${JSON.stringify(open)}`).toBeLessThanOrEqual(mostAttempts);
          const played = await playKills(instance, open);
          for (const { victim, moment, hit, seen } of played.kills)
            process.stdout.write(
              `${victim}, ${moment}, attempt ${attempt}: ${hit ? 'hit' : 'missed'}, ${seen}\n`,
            );
          // Whether or not the deaths were where they should be: this holds for every one of them.
          expect(played.ending).toMatchObject({ writes: ['patch deployments/shipping'], chainsHold: true });
          expect(played.ending.outcomes).toContain('mended');
          open = played.kills.filter(({ hit }) => !hit);
        }
      },
      storyTimeoutMs,
    );
  },
);
