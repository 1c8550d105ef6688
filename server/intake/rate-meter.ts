/** How much comes in: a count over the last second. */
export type RateMeter = { readonly add: (count: number) => void; readonly perSecond: () => number };

const slotMs = 100;
const slots = 10;

/** @param clockMs any clock that only goes forward, in milliseconds */
export function createRateMeter(clockMs: () => number = () => performance.now()): RateMeter {
  const counts = new Map<number, number>();
  const forget = (now: number): void => {
    for (const slot of counts.keys()) if (slot <= now - slots) counts.delete(slot);
  };
  return {
    add: (count) => {
      const slot = Math.floor(clockMs() / slotMs);
      counts.set(slot, (counts.get(slot) ?? 0) + count);
      if (counts.size > slots) forget(slot);
    },
    perSecond: () => {
      forget(Math.floor(clockMs() / slotMs));
      return [...counts.values()].reduce((sum, count) => sum + count, 0);
    },
  };
}
