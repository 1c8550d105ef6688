import { describe, expect, test } from 'vitest';
import { appendAudit, auditRows, verifyAudit } from './audit.ts';
import { appendLedger, type LedgerKind, ledgerOf, stepsInDoubt, verifyLedger } from './ledger.ts';
import { inTenant } from './pool.ts';
import { type TestStore, useStore } from './test-store.ts';

const at = '2026-11-21T10:00:00.123Z';
const incidentId = '01995000-0000-7000-8000-000000000001';

function audit(test: TestStore, subject: string): Promise<void> {
  return test.run((tx) =>
    appendAudit(tx, {
      ...{ at, actor: 'alice', action: 'gate.decide', subject, outcome: 'accepted' },
      data: { reason: 'wegen „Größe“ \0 1e21', n: 1e21, tiny: 1.5e-7, nothing: undefined, empty: null },
      proof: { kind: 'otp', eventId: 7 },
    }),
  );
}

function ledger(test: TestStore, kind: LedgerKind, attempt?: number): Promise<void> {
  const row = { incidentId, planNo: 1, stepNo: 1, stepId: 's1', kind, at, data: { gateId: 'g' } };
  return test.run((tx) => appendLedger(tx, { ...row, ...(attempt === undefined ? {} : { attempt }) }));
}

/** Changes rows as somebody who owns the database could. */
async function tamper(test: TestStore, table: 'audit' | 'ledger', sql: string): Promise<void> {
  await test.asOwner(`ALTER TABLE ${table} DISABLE TRIGGER append_only`);
  await test.asOwner(sql);
}

describe('the audit trail', () => {
  test('is whole as written, whatever text and numbers it holds, and under many writers', async () => {
    const test = await useStore();
    await Promise.all(Array.from({ length: 20 }, (_, n) => audit(test, `gate-${n}`)));
    expect(await test.run(verifyAudit)).toEqual({ ok: true, rows: 20 });
    const rows = await test.run((tx) => auditRows(tx, { afterSeq: 0, subject: 'gate-3', limit: 10 }));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ actor: 'alice', proof: { kind: 'otp', eventId: 7 } });
  });

  test.each([
    ['a changed row', `UPDATE audit SET actor = 'mallory' WHERE seq = 2`, 2, 'it was changed'],
    ['a changed time', `UPDATE audit SET at = at + interval '1 second' WHERE seq = 3`, 3, 'it was changed'],
    ['a missing row', 'DELETE FROM audit WHERE seq = 2', 2, 'row 2 is missing'],
    ['a cut end', 'DELETE FROM audit WHERE seq = 4', 4, 'rows are missing at the end'],
    [
      'swapped rows',
      'UPDATE audit SET seq = CASE seq WHEN 2 THEN -3 WHEN 3 THEN -2 END WHERE seq IN (2, 3); UPDATE audit SET seq = -seq WHERE seq < 0',
      2,
      'it does not follow the row before it',
    ],
  ])('shows %s', async (_, sql, brokenAt, why) => {
    const test = await useStore();
    for (const subject of ['a', 'b', 'c', 'd']) await audit(test, subject);
    await tamper(test, 'audit', sql);
    expect(await test.run(verifyAudit)).toEqual({ ok: false, brokenAt, why });
  });

  test('cannot be changed by the application, nor, without taking the guard away, by the owner', async () => {
    const test = await useStore();
    await audit(test, 'a');
    await expect(test.run((tx) => tx.query(`UPDATE audit SET actor = 'x'`))).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(test.run((tx) => tx.query('DELETE FROM audit'))).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(test.asOwner('DELETE FROM audit')).rejects.toThrow('append-only');
    await expect(test.asOwner('TRUNCATE audit')).rejects.toThrow('append-only');
  });

  test('is one chain for each tenant', async () => {
    const test = await useStore();
    await audit(test, 'a');
    const row = { at, actor: 'bob', action: 'x', subject: 'y', data: {}, outcome: 'done' };
    await inTenant(test.store, 'other', (tx) => appendAudit(tx, row));
    expect(await test.run(verifyAudit)).toEqual({ ok: true, rows: 1 });
    expect(await inTenant(test.store, 'other', verifyAudit)).toEqual({ ok: true, rows: 1 });
  });
});

describe('the ledger', () => {
  test('holds a row once, also when the same is added at the same time', async () => {
    const test = await useStore();
    await Promise.all([ledger(test, 'started'), ledger(test, 'started'), ledger(test, 'started', 2)]);
    await ledger(test, 'started');
    const rows = await test.run((tx) => ledgerOf(tx, { stepId: 's1' }));
    expect(rows.map((row) => row.attempt).toSorted()).toEqual([1, 2]);
    expect(await test.run(verifyLedger)).toEqual({ ok: true, rows: 2 });
  });

  test('shows a changed row', async () => {
    const test = await useStore();
    await ledger(test, 'intent');
    await ledger(test, 'started');
    await tamper(test, 'ledger', `UPDATE ledger SET data = '{"gateId":"other"}' WHERE seq = 1`);
    expect(await test.run(verifyLedger)).toEqual({ ok: false, brokenAt: 1, why: 'it was changed' });
  });

  test('knows the steps of which nobody knows whether they were done', async () => {
    const test = await useStore();
    await ledger(test, 'started');
    expect(await test.run((tx) => stepsInDoubt(tx, incidentId))).toEqual(['s1']);
    await ledger(test, 'effect-absent');
    expect(await test.run((tx) => stepsInDoubt(tx, incidentId))).toEqual([]);
    await ledger(test, 'started', 2);
    expect(await test.run((tx) => stepsInDoubt(tx, incidentId))).toEqual(['s1']);
    await ledger(test, 'effect-observed', 2);
    expect(await test.run((tx) => stepsInDoubt(tx, incidentId))).toEqual([]);
  });
});
