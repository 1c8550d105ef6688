import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closedGate, judgedOn, openGate, typedApproval, typeIntoTemporal } from './testing/gates.ts';
import { joinInstance, putDurations, type WholeInstance } from './testing/instance.ts';
import { type Kill, playKills } from './testing/kill-story.ts';
import type { Moment } from './testing/moments.ts';
import { playIncident, scalingUp } from './testing/play-incident.ts';
import { type Victim, whileDown } from './testing/processes.ts';
import { writesSince } from './testing/record.ts';

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
/** How long nobody works for the incidents while a person approves. */
const downMs = isFull ? 10 * 60_000 : 6_000;

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
          expect(played.ending).toMatchObject({ writes: [scalingUp(instance)], chainsHold: true });
          expect(played.ending.outcomes).toContain('mended');
          open = played.kills.filter(({ hit }) => !hit);
        }
      },
      storyTimeoutMs,
    );

    it(
      'an approval that is given while the worker is down counts',
      async () => {
        const { ending } = await playIncident(instance, 'scaled-to-zero', async ({ mark, approveAll }) => {
          const { gateId, argsHash } = await openGate(instance);
          await whileDown(instance.stateFolder, 'worker', async () => {
            await pause(downMs / 2);
            // Temporal has it; it may be judged only when the worker's last task has timed out.
            await instance.approver.decide(gateId, { decision: 'approve', argsHash });
            await pause(downMs / 2);
            expect(await writesSince(instance, mark)).toEqual([]);
          });
          expect(await closedGate(instance, gateId)).toMatchObject({ status: 'approved' });
          approveAll();
        });
        expect(ending).toMatchObject({ writes: [scalingUp(instance)], chainsHold: true });
        expect(ending.outcomes).toContain('mended');
      },
      storyTimeoutMs,
    );

    it(
      'an approval that is given after the deadline does not count, though nobody saw the deadline pass',
      async () => {
        await putDurations(instance, { gateTtlMs: 10_000, escalateAfterMs: 3_000 });
        const { ending } = await playIncident(instance, 'scaled-to-zero', async ({ switchOff }) => {
          const gate = await openGate(instance);
          await whileDown(instance.stateFolder, 'worker', async () => {
            await pause(Math.max(0, Date.parse(gate.expiresAt) - Date.now()) + 1_000);
            const { gateId, argsHash } = gate;
            const late = instance.approver.decide(gateId, { decision: 'approve', argsHash });
            await expect(late).rejects.toThrow('expired');
            await typeIntoTemporal(instance, gate, await typedApproval(instance, gate));
          });
          expect(await closedGate(instance, gate.gateId)).toMatchObject({ status: 'expired' });
          expect(await judgedOn(instance, gate)).toMatchObject([{ accepted: false, verdict: 'too-late' }]);
          await switchOff();
        }).finally(() => putDurations(instance));
        expect(ending).toMatchObject({ writes: [], chainsHold: true });
        expect(ending.outcomes).toContain('handed-over');
      },
      storyTimeoutMs,
    );
  },
);
