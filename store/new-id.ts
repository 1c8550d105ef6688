import { randomFillSync } from 'node:crypto';
import { type Uuid, uuidV7 } from '#domain/ids.ts';
import { type Instant, toMs } from '#domain/time.ts';

const bytesOfId = 10;
/** Chance for many ids at once: asking the system for each is what an id costs most. */
const pool = new Uint8Array(bytesOfId * 256);
let used = pool.length;

/** A new id that sorts by the given moment. */
export function newId(at: Instant): Uuid {
  if (used + bytesOfId > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytesOfId;
  return uuidV7(toMs(at), pool.subarray(used - bytesOfId, used));
}
