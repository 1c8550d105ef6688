import { auditRows, verifyAudit } from '#store/audit.ts';
import { verifyLedger } from '#store/ledger.ts';
import { inTenant } from '#store/pool.ts';
import type { ApiDeps } from './deps.ts';
import { type Api, apiRoute } from './route.ts';
import { auditCheckSchema, auditListQuerySchema, auditListSchema } from './schemas.ts';

/** The audit trail, for those who may read it: the rows, and whether anybody has tampered with them. */
export function mountAudit(app: Api, { guard, store, tenant }: ApiDeps): void {
  const list = apiRoute(guard, {
    ...{ method: 'get', path: '/api/v1/audit', tag: 'audit', permission: 'audit.read' },
    ...{ summary: 'Who did what, and how it is known, in order', description: 'A page of rows.' },
    request: { query: auditListQuerySchema },
    answer: auditListSchema,
  });
  app.openapi(list, async (c) => {
    const { after, subject, limit } = c.req.valid('query');
    const query = { afterSeq: after, limit, ...(subject === undefined ? {} : { subject }) };
    return c.json({ items: await inTenant(store, tenant, (tx) => auditRows(tx, query)) }, 200);
  });

  const check = apiRoute(guard, {
    ...{ method: 'get', path: '/api/v1/audit/check', tag: 'audit', permission: 'audit.read' },
    summary: 'Walks the hash chains of the audit trail and of the ledger of actions',
    description: 'Whether they are whole, and where they are not.',
    ...{ request: {}, answer: auditCheckSchema },
  });
  app.openapi(check, async (c) => {
    const answer = await inTenant(store, tenant, async (tx) => ({
      audit: await verifyAudit(tx),
      ledger: await verifyLedger(tx),
    }));
    return c.json(answer, 200);
  });
}
