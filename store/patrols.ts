import { hashOf } from '#domain/hash.ts';
import { type PatrolState, type PatrolWatch, patrolStateSchema, patrolWatchSchema } from '#domain/patrol.ts';
import type { Instant } from '#domain/time.ts';
import { toJsonb } from './jsonb.ts';
import { parseFirst, parseRows } from './row.ts';
import type { Tx } from './tx.ts';

/** What has been gone for so long tells nobody anything. */
const keptDays = 14;

const watchColumns = 'sighting, first_seen_at, last_seen_at, looks, is_old, gone_at, reported_at';

/** What a patrol remembers, the latest first. */
export async function watchesOf(tx: Tx, patrol: string): Promise<PatrolWatch[]> {
  const rows = await tx.query(
    `SELECT ${watchColumns} FROM patrol_watches WHERE patrol = $1 ORDER BY last_seen_at DESC, key_id`,
    [patrol],
  );
  return parseRows(patrolWatchSchema, rows);
}

/** How a patrol stands, or undefined where it has never looked. */
export async function patrolState(tx: Tx, name: string): Promise<PatrolState | undefined> {
  const rows = await tx.query(
    'SELECT name, first_look_at, last_look_at, levels_at, gaps FROM patrols WHERE name = $1',
    [name],
  );
  return parseFirst(patrolStateSchema, rows);
}

export async function patrolStates(tx: Tx): Promise<PatrolState[]> {
  const rows = await tx.query(
    'SELECT name, first_look_at, last_look_at, levels_at, gaps FROM patrols ORDER BY name',
  );
  return parseRows(patrolStateSchema, rows);
}

/** Writes down a look: how the patrol stands, and what it remembers now. */
export async function recordLook(
  tx: Tx,
  { name, lastLookAt, levelsAt, gaps }: Omit<PatrolState, 'firstLookAt'>,
  watches: readonly PatrolWatch[],
): Promise<void> {
  await tx.query(
    `INSERT INTO patrols (name, first_look_at, last_look_at, levels_at, gaps) VALUES ($1, $2, $2, $3, $4)
     ON CONFLICT (tenant_id, name) DO UPDATE SET last_look_at = excluded.last_look_at,
       levels_at = coalesce(excluded.levels_at, patrols.levels_at), gaps = excluded.gaps`,
    [name, lastLookAt, levelsAt ?? null, toJsonb(gaps)],
  );
  await Promise.all(
    watches.map(({ sighting, firstSeenAt, lastSeenAt, looks, isOld, goneAt, reportedAt }) =>
      tx.query(
        `INSERT INTO patrol_watches (patrol, key_id, ${watchColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (tenant_id, patrol, key_id) DO UPDATE SET sighting = excluded.sighting,
           first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at, looks = excluded.looks,
           is_old = excluded.is_old, gone_at = excluded.gone_at, reported_at = excluded.reported_at`,
        [
          ...[name, hashOf(sighting.key), toJsonb(sighting), firstSeenAt, lastSeenAt, looks, isOld],
          ...[goneAt ?? null, reportedAt ?? null],
        ],
      ),
    ),
  );
  await tx.query(
    `DELETE FROM patrol_watches WHERE patrol = $1 AND gone_at < $2::timestamptz - make_interval(days => ${keptDays})`,
    [name, lastLookAt],
  );
}

/** Remembers that somebody has been told of these. */
export async function markReported(
  tx: Tx,
  patrol: string,
  keys: readonly string[],
  at: Instant,
): Promise<void> {
  await tx.query(
    'UPDATE patrol_watches SET reported_at = $3 WHERE patrol = $1 AND key_id = ANY($2::text[]) AND reported_at IS NULL',
    [patrol, keys.map((key) => hashOf(key)), at],
  );
}
