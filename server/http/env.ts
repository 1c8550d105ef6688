import type { Logger } from 'pino';
import type { Caller } from '../auth/permissions.ts';

/** What a request carries through its handlers. */
export type AppEnv = {
  Variables: {
    traceId: string;
    log: Logger;
    /** Set by the guard. */
    caller: Caller;
  };
};
