import { generate } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gate } from '#domain/gate.ts';
import { auditRows } from '#store/audit.ts';
import { decisionsOf } from '#store/gates.ts';
import { inTenant } from '#store/pool.ts';
import { joinInstance, type WholeInstance } from './testing/instance.ts';
import { playIncident, scalingUp } from './testing/play-incident.ts';
import { openTemporalUi, type TemporalBrowser } from './testing/temporal-browser.ts';
import { untilSo } from './testing/until-so.ts';

const storyTimeoutMs = 30 * 60_000;
/** Steps that wait for somebody, as one would look for them. */
const waiting = 'UnderstudyPhase = "awaiting-approval"';

/** What the server has judged of a gate, the latest last. */
function verdictsOf({ store, tenant }: WholeInstance, { gateId }: Gate) {
  return inTenant(store, tenant, async (tx) => (await decisionsOf(tx, gateId)).map(({ verdict }) => verdict));
}

/** Pastes what the page shows, as changed, into the dialog and answers with the verdict on it. */
async function decide(
  { instance, browser, gate }: { instance: WholeInstance; browser: TemporalBrowser; gate: Gate },
  change: (json: string) => Promise<string> | string,
): Promise<string | undefined> {
  const before = (await verdictsOf(instance, gate)).length;
  await browser.openWorkflow(gate.workflowId);
  const { json } = await browser.readDetails();
  await browser.fillSignal('decide', await change(json));
  await browser.submit();
  return untilSo('the decision is judged', async () => (await verdictsOf(instance, gate))[before]);
}

describe.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
  'deciding in the Temporal UI',
  () => {
    let instance: WholeInstance;
    let browser: TemporalBrowser;
    beforeAll(async () => {
      instance = await joinInstance();
      browser = await openTemporalUi(instance.temporalUiUrl);
    }, storyTimeoutMs);
    afterAll(async () => {
      await browser.close();
      await instance.leave();
    });

    it(
      'by clicking: a wrong hash and an old code are refused, a right code counts, once',
      async () => {
        const name = `clicker-${Date.now()}`;
        const { totp } = await instance.administrator.addUser({ name, roles: ['approver'] });
        const secret = totp?.secret ?? '';
        const codeAt = (agoSeconds: number): Promise<string> =>
          generate({ secret, epoch: Math.floor(Date.now() / 1000) - agoSeconds });
        const withCode = (json: string, code: string): string =>
          json.replace('000000', code).replace('"admin"', JSON.stringify(name));
        let decided: Gate | undefined;
        const { ending } = await playIncident(instance, 'scaled-to-zero', async ({ approveAll }) => {
          const gate = await untilSo(
            'a step waits for a decision',
            async () => (await instance.administrator.gates({ status: 'open', limit: 1 }))[0],
          );
          decided = gate;
          await browser.listWorkflows(waiting);
          expect(await browser.page.getByText(gate.workflowId).first().isVisible()).toBe(true);
          await browser.openWorkflow(gate.workflowId);
          const { text } = await browser.readDetails();
          for (const shown of [gate.what.en, gate.undo, gate.why]) expect(text).toContain(shown);

          const at = { instance, browser, gate };
          // With the code before the present one, which counts too: used up with this decision, it is not needed again.
          const wrongHash = await decide(at, async (json) =>
            withCode(json, await codeAt(30)).replace(gate.argsHash, 'f'.repeat(64)),
          );
          expect(wrongHash).toBe('wrong-hash');
          const oldCode = await decide(at, async (json) => withCode(json, await codeAt(600)));
          expect(oldCode).toBe('wrong-code');
          await untilSo('the page says why it does not count', async () => {
            await browser.openWorkflow(gate.workflowId);
            return (await browser.readDetails()).text.includes('wrong-code');
          });
          expect((await instance.administrator.gate(gate.gateId)).status).toBe('open');
          const right = await decide(at, async (json) => withCode(json, await codeAt(0)));
          expect(right).toBe('accepted');
          // Another incident of the same fault may have a step of its own to be decided.
          approveAll();
        });
        expect(ending).toMatchObject({ writes: [scalingUp(instance)], chainsHold: true });
        expect(ending.outcomes).toContain('mended');
        const { store, tenant } = instance;
        const rows = await inTenant(store, tenant, (tx) =>
          auditRows(tx, { afterSeq: 0, subject: decided?.gateId ?? '', limit: 100 }),
        );
        const decisions = rows.filter(({ action }) => action === 'gate.decide');
        expect(decisions).toMatchObject([
          { actor: 'unknown', outcome: 'wrong-hash' },
          { actor: `unproved:${name}`, outcome: 'wrong-code', proof: { kind: 'otp', channel: 'temporal' } },
          { actor: name, outcome: 'accepted', proof: { kind: 'otp', channel: 'temporal' } },
        ]);
        expect(JSON.stringify(rows)).not.toContain(secret);
      },
      storyTimeoutMs,
    );
  },
);
