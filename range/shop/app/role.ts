import type { Client } from './client.ts';
import type { Log } from './log.ts';
import type { Route } from './router.ts';
import type { Settings } from './settings.ts';

/** What a role is given when it starts. */
export type RoleContext = {
  settings: Settings;
  log: Log;
  /** A client for the service whose URL stands under this key. */
  connect(key: string): Client;
  /** The parsed JSON file of that name in the service's data folder, which its ConfigMap is mounted at. */
  data(name: string): unknown;
};

/** A service: what it answers, once it has its settings. Throws where it cannot start. */
export type Role = (context: RoleContext) => readonly Route[];
