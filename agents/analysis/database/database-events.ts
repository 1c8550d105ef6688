import type { CauseCode } from '#domain/causes/codes.ts';

/** What an event of a managed database says. `certainty` of the cause, if the event has to do with the trouble. */
export type EventMeaning = { readonly code: CauseCode; readonly certainty: number };

/** By the words of RDS, Cloud SQL and the engines themselves; the finest first. */
const meanings: readonly (readonly [RegExp, EventMeaning])[] = [
  [/\bfail(ed)?[ -]?over\b(?!.*\b(not|disabled)\b)/i, { code: 'database.failover', certainty: 0.86 }],
  [
    /storage[^.]{0,60}\b(full|exhausted|run out|ran out|low)\b|free storage[^.]{0,80}\blow\b|\b(out of|no) (disk|storage) space\b|no space left/i,
    { code: 'database.storage-full', certainty: 0.9 },
  ],
  [
    /\b(too many|remaining|max(imum)?( number of)?) connections?\b|\bconnections?\b[^.]{0,40}\b(exhaust|limit|maximum|refused|slots)|connection count/i,
    { code: 'database.connections-exhausted', certainty: 0.86 },
  ],
  [
    /\bout of memory\b|excessive memory|memory pressure|\boom\b/i,
    { code: 'database.memory-pressure', certainty: 0.84 },
  ],
  [
    /checkpoints? (are )?occurring too frequently|checkpoint[^.]{0,40}\b(frequent|pressure|forced)/i,
    { code: 'database.checkpoint-pressure', certainty: 0.84 },
  ],
  [
    /\bdeadlocks?\b|lock wait timeout|lock contention|blocked by (session|transaction)/i,
    { code: 'database.lock-contention', certainty: 0.82 },
  ],
  [/\bread[- ]only\b/i, { code: 'database.read-only', certainty: 0.8 }],
  [
    /replica(tion)?[^.]{0,60}\b(lag|behind|stopped|broken|error|failed|terminated)\b/i,
    { code: 'database.replication-lag', certainty: 0.8 },
  ],
  [
    /password authentication|authentication failed|access denied for user/i,
    { code: 'database.authentication', certainty: 0.82 },
  ],
  [
    /incompatible[- ](parameters|network|restore|create)|inaccessible-encryption/i,
    { code: 'database.down', certainty: 0.8 },
  ],
  [
    /\b(shut ?down|restarted|rebooted|stopped|crashed|recovery of the db instance has started)\b/i,
    { code: 'database.down', certainty: 0.6 },
  ],
];

/** Events of everyday keeping, whatever words they hold. */
const everyday =
  /\b(backup|backing up|finished dbinstance backup|maintenance window|patch(ed|ing)?|tags?|log exports?|snapshot|minor version)\b/i;

/** What an event means for the health of its database; undefined for everyday keeping. */
export function meaningOfEvent(message: string): EventMeaning | undefined {
  const found = meanings.find(([form]) => form.test(message))?.[1];
  return found === undefined || (everyday.test(message) && found.certainty < 0.85) ? undefined : found;
}

/** The maximum of connections that a text names: `… approaching the maximum of 5000`. */
export function maxConnectionsIn(text: string): number | undefined {
  const forms = [
    /maximum of (\d[\d,]*)/i,
    /max(?:_| )connections\D{0,20}(\d[\d,]*)/i,
    /\d[\d,]*\s*(?:\/|of|out of)\s*(\d[\d,]*)\s+(?:max(?:imum)? )?connections/i,
  ];
  for (const form of forms) {
    const told = form.exec(text)?.[1];
    if (told !== undefined) return Number(told.replaceAll(',', ''));
  }
  return undefined;
}
