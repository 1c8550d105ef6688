import type { Logger } from 'pino';
import type { ServerProcessSettings } from '#domain/configuration.ts';
import type { Instant } from '#domain/time.ts';
import type { Store } from '#store/pool.ts';
import type { DecideDeps } from '../approvals/decide.ts';
import type { GrantDeps } from '../approvals/issue-grant.ts';
import type { Guard } from '../auth/guard.ts';
import type { EventFeed } from '../live/event-feed.ts';
import type { Workflows } from '../temporal/workflows.ts';

/** What the API's handlers are made of. */
export type ApiDeps = {
  readonly store: Store;
  readonly tenant: string;
  readonly now: () => Instant;
  readonly log: Logger;
  readonly guard: Guard;
  /** What was changed about this account holds from now on. */
  readonly forgetCaller: (userName: string) => void;
  readonly workflows: Workflows;
  readonly approvals: DecideDeps & GrantDeps;
  readonly feed: EventFeed;
  readonly temporal: ServerProcessSettings['temporal'];
  readonly readOnly: boolean;
};
