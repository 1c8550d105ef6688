import { randomUUID } from 'node:crypto';
import type { ElasticWireOptions, KeptDocument } from './elastic-wire.ts';

async function send(url: string, method: string, body: string, contentType: string): Promise<void> {
  const answer = await fetch(url, { method, body, headers: { 'content-type': contentType } });
  const text = await answer.text();
  if (!answer.ok || text.includes('"errors":true')) throw new Error(`${url}: ${text.slice(0, 500)}`);
}

/** Puts documents into a new index of a real OpenSearch; answers its name. */
export async function fillIndex(
  url: string,
  kept: readonly KeptDocument[],
  { mapping }: ElasticWireOptions,
): Promise<string> {
  const index = `logs-${randomUUID()}`;
  const properties = Object.fromEntries(
    Object.entries(mapping)
      .filter(([name]) => !name.endsWith('.keyword'))
      .map(([name, type]) => {
        const exact = mapping[`${name}.keyword`];
        return [name, { type, ...(exact === undefined ? {} : { fields: { keyword: { type: exact } } }) }];
      }),
  );
  const body = { settings: { number_of_shards: 1, number_of_replicas: 0 }, mappings: { properties } };
  await send(`${url}/${index}`, 'PUT', JSON.stringify(body), 'application/json');
  const lines = kept.flatMap(({ id, source }) => [{ index: { _id: id } }, source]);
  const bulk = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  if (bulk !== '') await send(`${url}/${index}/_bulk?refresh=true`, 'POST', bulk, 'application/x-ndjson');
  return index;
}
