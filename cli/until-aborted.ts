/** Never answers; throws the signal's reason once it is aborted. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    // A pending promise alone does not keep Node running, and neither does a listener.
    const awake = setInterval(() => undefined, 60_000);
    const end = (): void => {
      clearInterval(awake);
      reject(signal.reason);
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
