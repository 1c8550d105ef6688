import { candidateCases } from '#store/cases.ts';
import { inTenant, type Store } from '#store/pool.ts';
import { candidateRunbooks, listRunbooks, putRunbook } from '#store/runbooks.ts';
import { loadRunbooks, shippedRunbooksFolder } from './load-runbooks.ts';
import { createKnowledgeReader, type KnowledgeReader } from './reader.ts';

/** What a tenant has learned and written down, searched. */
export function storeKnowledge(store: Store, tenant: string): KnowledgeReader {
  return createKnowledgeReader({
    candidateCases: (query) => inTenant(store, tenant, (tx) => candidateCases(tx, query)),
    candidateRunbooks: (query) => inTenant(store, tenant, (tx) => candidateRunbooks(tx, query)),
    listRunbooks: () => inTenant(store, tenant, (tx) => listRunbooks(tx)),
  });
}

/**
 * Writes the runbooks of a folder into the store; those that are there already get the new text and keep their counts.
 * Throws `bad-input` that names the file that is no runbook; nothing is written then.
 * @returns how many there are
 */
export async function importRunbooks(
  store: Store,
  tenant: string,
  folder: string = shippedRunbooksFolder,
): Promise<number> {
  const runbooks = await loadRunbooks(folder);
  await inTenant(store, tenant, async (tx) => {
    for (const runbook of runbooks) await putRunbook(tx, runbook);
  });
  return runbooks.length;
}
