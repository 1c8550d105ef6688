import { z } from 'zod';
import { type Instant, instantSchema } from '#domain/time.ts';
import { parseFirst } from './row.ts';
import type { Tx } from './tx.ts';

export const stopSchema = z.object({
  isOn: z.boolean(),
  at: instantSchema,
  byUser: z.string(),
  reason: z.string().optional(),
});
export type Stop = z.infer<typeof stopSchema>;

/** Who last switched the kill switch, and how it stands; undefined where nobody ever did. */
export async function stopOfWrites(tx: Tx): Promise<Stop | undefined> {
  const rows = await tx.query(`SELECT is_on, at, by_user, reason FROM switches WHERE name = 'stop-all'`);
  return parseFirst(stopSchema, rows);
}

/** True while the kill switch is on: nothing may be written anywhere. */
export async function writesStopped(tx: Tx): Promise<boolean> {
  return (await stopOfWrites(tx))?.isOn === true;
}

/** Switches the kill switch. */
export async function setWritesStopped(
  tx: Tx,
  to: { readonly stopped: boolean; readonly by: string; readonly at: Instant; readonly reason?: string },
): Promise<void> {
  await tx.query(
    `INSERT INTO switches (name, is_on, at, by_user, reason) VALUES ('stop-all', $1, $2, $3, $4)
     ON CONFLICT (tenant_id, name) DO UPDATE SET is_on = $1, at = $2, by_user = $3, reason = $4`,
    [to.stopped, to.at, to.by, to.reason ?? null],
  );
}
