import { z } from 'zod';
import { parseFirst } from './row.ts';
import type { Tx } from './tx.ts';

const openSchema = z.object({ incidents: z.int(), gates: z.int() });

/** How many incidents and gates are open. */
export async function countOpen(tx: Tx): Promise<z.infer<typeof openSchema>> {
  const rows = await tx.query(
    `SELECT (SELECT count(*) FROM incidents WHERE status = 'open') AS incidents,
       (SELECT count(*) FROM gates WHERE status = 'open') AS gates`,
  );
  return parseFirst(openSchema, rows) ?? { incidents: 0, gates: 0 };
}
