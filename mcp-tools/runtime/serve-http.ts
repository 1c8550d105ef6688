import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  localhostHostValidation,
  localhostOriginValidation,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import { UnderstudyError } from '#domain/errors.ts';
import { pageMaxBytes } from '#domain/tools/define-tool.ts';
import type { ToolServer } from './server.ts';

const mcpPath = '/mcp';

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function refuse(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, headers).end();
}

/**
 * Serves streamable HTTP at `/mcp` on 127.0.0.1 alone, to callers with the token: a request with another host name or a
 * browser's foreign origin gets 403 (DNS rebinding), one without the token 401.
 * @param options.port 0 for a free one
 */
export async function serveHttp(
  server: ToolServer,
  options: { readonly port: number; readonly token: string },
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  if (options.token === '') throw new UnderstudyError('configuration', `${server.name}: the token is empty`);
  const expected = digestOf(options.token);
  const handle = toNodeHandler(server.handler, { maxRequestBodySize: pageMaxBytes });
  const validHost = localhostHostValidation();
  const validOrigin = localhostOriginValidation();

  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    if (!validHost(request, response) || !validOrigin(request, response)) return;
    if (request.url !== mcpPath) {
      refuse(response, 404);
      return;
    }
    const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    // Digests have equal lengths, so the comparison tells nothing of the token's.
    if (!timingSafeEqual(digestOf(given), expected)) {
      refuse(response, 401, { 'WWW-Authenticate': 'Bearer' });
      return;
    }
    handle(Object.assign(request, { url: mcpPath, method: request.method ?? 'POST' }), response).catch(
      (error: unknown) => {
        process.stderr.write(`${server.name}: ${String(error)}\n`);
        response.destroy();
      },
    );
  };

  const http = createServer(listener);
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port, '127.0.0.1', resolve);
  });
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    url: `http://127.0.0.1:${port}${mcpPath}`,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}
