import type { Client } from '@modelcontextprotocol/client';
import { UnderstudyError } from '#domain/errors.ts';
import { type Connection, connectClient } from './connection.ts';
import { failureOfCall } from './failures.ts';

/** One live client a server: connected when first needed, and anew after the connection broke. */
export type ConnectionPool = {
  readonly servers: readonly string[];
  /** Throws `not-supported` for a server that is not configured, `unavailable` or `timeout` where it cannot be reached. */
  readonly clientOf: (server: string, timeoutMs: number) => Promise<Client>;
  readonly close: () => Promise<void>;
};

export function createConnectionPool(connections: Readonly<Record<string, Connection>>): ConnectionPool {
  const clients = new Map<string, Promise<Client>>();
  const servers = Object.keys(connections);

  const connect = (server: string, timeoutMs: number): Promise<Client> => {
    const connection = connections[server];
    if (connection === undefined) {
      const known = servers.join(', ') || 'none';
      throw new UnderstudyError(
        'not-supported',
        `no tool server "${server}" is attached; attached: ${known}`,
      );
    }
    const connecting = connectClient(connection, { timeoutMs, onClose: () => forget(connecting) });
    const forget = (gone: Promise<Client>): void => {
      if (clients.get(server) === gone) clients.delete(server);
    };
    clients.set(server, connecting);
    connecting.catch(() => forget(connecting));
    return connecting;
  };

  return {
    servers,
    clientOf: async (server, timeoutMs) => {
      try {
        return await (clients.get(server) ?? connect(server, timeoutMs));
      } catch (error) {
        throw failureOfCall(`tool server ${server}`, error);
      }
    },
    close: async () => {
      const open = await Promise.allSettled(clients.values());
      clients.clear();
      await Promise.allSettled(
        open.map((client) => (client.status === 'fulfilled' ? client.value.close() : undefined)),
      );
    },
  };
}
