import type { Logger } from 'pino';

export type Repeated = { readonly stop: () => Promise<void> };

/** Does something again and again, with a pause after each time; what fails is logged and tried at the next time. */
export function repeat(
  options: { readonly name: string; readonly everyMs: number; readonly log: Logger },
  work: () => Promise<void>,
): Repeated {
  let stopping = false;
  let wake: () => void = () => undefined;
  async function run(): Promise<void> {
    while (!stopping) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, options.everyMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (stopping) return;
      try {
        await work();
      } catch (error) {
        options.log.warn({ err: error }, `${options.name} failed; it is tried again`);
      }
    }
  }
  const running = run();
  return {
    stop: async () => {
      stopping = true;
      wake();
      await running;
    },
  };
}
