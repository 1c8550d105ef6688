import { serveStdio as serveFactory } from '@modelcontextprotocol/server/stdio';
import type { ToolServer } from './server.ts';

/** Serves over this process's stdin and stdout, to old and new clients, until stdin ends. Nothing else may write to stdout. */
export function serveStdio(server: ToolServer): { close: () => Promise<void> } {
  return serveFactory(server.createMcpServer, {
    onerror: (error) => {
      process.stderr.write(`${server.name}: ${error.message}\n`);
    },
  });
}
