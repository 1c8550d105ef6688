import type { ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { errorCodeOf } from '#domain/errors.ts';
import { type NonsenseServer, startNonsense } from '../back-ends/nonsense-server.ts';
import { createToolClient } from '../runtime/client.ts';
import { createPrometheusServer } from './server.ts';

/** Long enough for a busy machine; where the time is to run out, it is short. */
const limits = { timeoutMs: 60_000, maxBytes: 2_000_000, maxQueries: 20 };
const shortMs = 700;
let running: NonsenseServer | undefined;

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

const now = Date.now();
const window = { from: new Date(now - 60_000).toISOString(), to: new Date(now).toISOString() };
const calls: readonly (readonly [tool: string, args: Record<string, unknown>])[] = [
  ['metrics_list_series', { emitter: { namespace: 'shop', service: 'cart' } }],
  ['metrics_window', { series: ['sum:up{"job":"cart"}'], ...window }],
  ['monitors', {}],
  ['metrics_targets', {}],
  ['prometheus_query', { query: 'up', ...window }],
];

/** The code and message of every tool's failure. */
async function failuresAt(
  url: string,
  more: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
) {
  const { signal, timeoutMs = limits.timeoutMs } = more;
  const server = createPrometheusServer({ url, cluster: 'practice', limits: { ...limits, timeoutMs } });
  const tools = createToolClient({ servers: { prometheus: { kind: 'in-process', server } } });
  const failures = await Promise.all(
    calls.map(([tool, args]) =>
      tools
        .call({ server: 'prometheus', tool, arguments: args }, signal === undefined ? {} : { signal })
        .then(
          () => ({ tool, code: 'answered', message: '' }),
          (error: unknown) => ({ tool, code: errorCodeOf(error), message: String(error) }),
        ),
    ),
  );
  await tools.close();
  return failures;
}

async function failuresOf(answer: (response: ServerResponse) => void, timeoutMs: number) {
  running = await startNonsense(answer);
  return await failuresAt(running.url, { timeoutMs });
}

type Behaviour = readonly [
  what: string,
  code: string,
  message: RegExp,
  answer: (response: ServerResponse) => void,
];

const behaviours: readonly Behaviour[] = [
  [
    'a login page',
    'unavailable',
    /not JSON \("<html>.*is the address right/,
    (response) => response.end('<html><body>Please log in</body></html>'),
  ],
  [
    'a redirect to one',
    'unavailable',
    /answered 302 with something that is not JSON/,
    (response) => response.writeHead(302, { location: '/login' }).end(),
  ],
  [
    'a broken gateway',
    'unavailable',
    /answered 502 .*Bad Gateway/,
    (response) => response.writeHead(502).end('Bad Gateway'),
  ],
  [
    'half an answer',
    'unavailable',
    /not JSON/,
    (response) => response.end('{"status":"success","data":{"resultType":"mat'),
  ],
  [
    'an answer that breaks off',
    'unavailable',
    /could not be reached/,
    (response) => {
      response.writeHead(200, { 'content-length': '5000' });
      response.write('{"status":');
      setTimeout(() => response.destroy(), 20);
    },
  ],
  [
    "somebody else's JSON",
    'unavailable',
    /in a form that is not Prometheus/,
    (response) => response.end('{"status":"success","data":{"answer":42}}'),
  ],
  [
    'JSON that is no object',
    'unavailable',
    /in a form that is not Prometheus/,
    (response) => response.end('null'),
  ],
  ['nothing for half a minute', 'timeout', /did not answer within 0.7 s/, () => undefined],
  [
    'one byte at a time',
    'timeout',
    /did not answer within 0.7 s/,
    (response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(drip));
    },
  ],
  [
    'far too much',
    'too-large',
    /exceed 2000000 bytes/,
    (response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(100_000)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    },
  ],
  [
    'that the query took too long',
    'timeout',
    /gave up on the query/,
    (response) =>
      response
        .writeHead(503)
        .end('{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}'),
  ],
];

test.each(behaviours)(
  'a Prometheus that answers %s is a clear %s in every tool',
  async (_what, code, message, answer) => {
    const failures = await failuresOf(answer, message.source.includes('within') ? shortMs : limits.timeoutMs);
    for (const failure of failures) {
      expect(failure.code, `${failure.tool}: ${failure.message}`).toBe(code);
      expect(failure.message).toMatch(message);
      expect(failure.message).toContain('Prometheus at 127.0.0.1:');
    }
  },
);

test('a Prometheus that is down is unavailable, with the reason of the network', async () => {
  const failures = await failuresAt('http://127.0.0.1:1');
  for (const failure of failures) {
    expect(failure.code).toBe('unavailable');
    expect(failure.message).toMatch(/could not be reached: .*(ECONNREFUSED|bad port)/);
  }
});

test('a query that would load too much is asked again for what is there now', async () => {
  const tooMany =
    '{"status":"error","errorType":"execution","error":"query processing would load too many samples"}';
  running = await startNonsense((response) => {
    const answers: Record<string, string> = {
      '/api/v1/labels': '{"status":"success","data":["service","namespace"]}',
      '/api/v1/metadata': '{"status":"success","data":{}}',
    };
    const known = answers[response.req.url ?? ''];
    if (known !== undefined) return response.end(known);
    let body = '';
    response.req.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    response.req.on('end', () => {
      const vector =
        '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","service":"cart"},"value":[1,"1"]}]}}';
      if (body.includes('last_over_time')) response.writeHead(422).end(tooMany);
      else response.end(vector);
    });
  });
  const server = createPrometheusServer({ url: running.url, cluster: 'practice', limits });
  const tools = createToolClient({ servers: { prometheus: { kind: 'in-process', server } } });
  const [list] = calls;
  const { output } = await tools.call({
    server: 'prometheus',
    tool: 'metrics_list_series',
    arguments: { ...list?.[1], emitter: { service: 'cart' } },
  });
  await tools.close();
  expect(output).toMatchObject({ items: [{ name: 'up', emitter: { service: 'cart' } }] });
});

test('a caller who gives up is not waited for, and the server is left alone', async () => {
  const giveUp = new AbortController();
  running = await startNonsense(() => giveUp.abort(new Error('enough')));
  const failures = await failuresAt(running.url, { signal: giveUp.signal });
  expect(failures.map(({ message }) => message)).toEqual(Array(calls.length).fill('Error: enough'));
});

test('an address with a password is refused before anything is sent, and the password is not repeated', () => {
  const create = () => createPrometheusServer({ url: 'http://me:hunter2@127.0.0.1:1', cluster: 'practice' });
  expect(create).toThrow(expect.objectContaining({ code: 'configuration' }));
  expect(create).not.toThrow(/hunter2/);
});
