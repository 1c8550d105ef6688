/** A table of bounded size that forgets what was not asked for longest: two generations, of which the older one is dropped. */
export type Recent<Value> = {
  readonly get: (key: number) => Value | undefined;
  readonly set: (key: number, value: Value) => void;
};

/** Holds at most `2 * generation` entries, and at least the latest `generation`. */
export function createRecent<Value>(generation: number): Recent<Value> {
  let young = new Map<number, Value>();
  let old = new Map<number, Value>();
  const set = (key: number, value: Value): void => {
    if (young.size >= generation) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  };
  return {
    get: (key) => {
      const found = young.get(key);
      if (found !== undefined) return found;
      const earlier = old.get(key);
      if (earlier !== undefined) set(key, earlier);
      return earlier;
    },
    set,
  };
}
