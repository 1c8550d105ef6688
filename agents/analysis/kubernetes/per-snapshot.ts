import type { Snapshot } from './snapshot.ts';

/** What is worked out once for each snapshot, when it is first asked for: snapshots do not change. */
export function perSnapshot<Value>(compute: (snapshot: Snapshot) => Value): (snapshot: Snapshot) => Value {
  const known = new WeakMap<Snapshot, { readonly value: Value }>();
  return (snapshot) => {
    const before = known.get(snapshot);
    if (before !== undefined) return before.value;
    const value = compute(snapshot);
    known.set(snapshot, { value });
    return value;
  };
}
