import { UnderstudyError } from '#domain/errors.ts';
import { uuidPattern } from '#domain/ids.ts';
import type { ApiClient } from './api-client.ts';
import type { Words } from './words/words.ts';

const lookedAt = 200;

/** The id of the incident that begins like this. Throws `not-found`, or `bad-input` where several do. */
export async function incidentIdOf(client: ApiClient, prefix: string, words: Words): Promise<string> {
  const start = prefix.toLowerCase();
  if (uuidPattern.test(start)) return start;
  const incidents = await client.incidents({ limit: lookedAt });
  return only(
    prefix,
    incidents.map((incident) => incident.id).filter((id) => id.startsWith(start)),
    {
      none: words.ids.noIncident(prefix),
      words,
    },
  );
}

/** The id of the gate that begins like this; an open one is meant before a decided one. Throws as above. */
export async function gateIdOf(client: ApiClient, prefix: string, words: Words): Promise<string> {
  const start = prefix.toLowerCase();
  if (uuidPattern.test(start)) return start;
  const gates = (await client.gates({ limit: lookedAt })).filter((gate) => gate.gateId.startsWith(start));
  const open = gates.filter((gate) => gate.status === 'open');
  return only(
    prefix,
    (open.length > 0 ? open : gates).map((gate) => gate.gateId),
    {
      none: words.ids.noGate(prefix),
      words,
    },
  );
}

function only(prefix: string, matches: readonly string[], told: { none: string; words: Words }): string {
  const [id, ...others] = matches;
  if (id === undefined) throw new UnderstudyError('not-found', told.none);
  if (others.length === 0) return id;
  throw new UnderstudyError('bad-input', told.words.ids.ambiguous(prefix, matches.slice(0, 5).join(', ')));
}
