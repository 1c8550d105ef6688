import { expect, it } from 'vitest';
import { listeningPort } from './listening-ports.ts';

it.each([
  ['Server listening on :8080', 8080, false],
  ['INFO server started, listening on port 3000', 3000, false],
  ['Listening on http://127.0.0.1:8080', 8080, true],
  ['2026-03-04T10:15:22Z Tomcat started on port(s): 8081 (http) with context path', 8081, false],
  ['Tomcat started on port 8082 (http)', 8082, false],
  ['INFO: Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)', 8000, false],
  [' * Running on http://localhost:5000', 5000, true],
  ['Started ServerConnector@4f2{HTTP/1.1, (http/1.1)}{0.0.0.0:9000}', 9000, false],
  ['[1] [INFO] Listening at: http://0.0.0.0:8000 (7)', 8000, false],
  ['{"level":"info","msg":"serving","addr":"[::]:8443"}', 8443, false],
])('%s', (line, port, loopback) => expect(listeningPort(line)).toEqual({ port, loopback }));

it.each([
  'metrics server listening on :9090',
  'listening since 10:15:22',
  'connecting to upstream at http://cart:8080',
  'Started GET "/" for 127.0.0.1 at 2026-03-04 10:15:22',
  'listening for changes of 12 objects',
  '',
])('no port is served by: %s', (line) => expect(listeningPort(line)).toBeUndefined());
