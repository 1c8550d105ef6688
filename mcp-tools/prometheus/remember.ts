/**
 * Keeps what a loader brought for some time, so that one investigation asks for it once. Loaders that run at the same time
 * are one; a failure is not kept.
 */
export type Memo<Value> = (load: () => Promise<Value>) => Promise<Value>;

export function remember<Value>(keepMs: number): Memo<Value> {
  let kept: { readonly value: Promise<Value>; readonly untilMs: number } | undefined;
  return (load) => {
    const nowMs = performance.now();
    if (kept !== undefined && nowMs < kept.untilMs) return kept.value;
    const loading = { value: load(), untilMs: nowMs + keepMs };
    kept = loading;
    loading.value.catch(() => {
      if (kept === loading) kept = undefined;
    });
    return loading.value;
  };
}
