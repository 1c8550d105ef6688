import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { errorCodeOf } from '#domain/errors.ts';
import {
  alertmanagerListAlerts,
  alertmanagerListSilences,
  type Matcher,
} from '#domain/tools/alertmanager.ts';
import { eventually } from '../../test/setup/kubernetes-api.ts';
import { type RunningAlertmanager, startAlertmanager } from '../../test/setup/start-alertmanager.ts';
import { startNonsense } from '../back-ends/nonsense-server.ts';
import { createToolClient, type ToolClient } from '../runtime/client.ts';
import { createAlertmanagerServer } from './server.ts';

let alertmanager: RunningAlertmanager;
let tools: ToolClient;
let silenceId = '';

const awkward = 'a "quoted" \\ path\nand\ta tab, 磁盘';
const minuteMs = 60_000;
const fromNow = (ms: number): string => new Date(Date.now() + ms).toISOString();

async function post(path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${alertmanager.url}/api/v2/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.ok).toBe(true);
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

const matcher = (name: string, value: string, more: Partial<Matcher> = {}): Matcher => ({
  ...{ name, value, isRegex: false, isEqual: true },
  ...more,
});

async function silence(name: string, startsInMs: number, endsInMs: number): Promise<string> {
  const answer = await post('silences', {
    matchers: [matcher('alertname', name)],
    startsAt: fromNow(startsInMs),
    endsAt: fromNow(endsInMs),
    createdBy: 'someone',
    comment: 'planned work',
  });
  return z.object({ silenceID: z.string() }).parse(answer).silenceID;
}

beforeAll(async () => {
  alertmanager = await startAlertmanager({
    inhibit_rules: [
      {
        source_matchers: ['severity="critical"'],
        target_matchers: ['severity="warning"'],
        equal: ['service'],
      },
    ],
  });
  const server = createAlertmanagerServer({ url: alertmanager.url });
  tools = createToolClient({ servers: { alertmanager: { kind: 'in-process', server } } });
  silenceId = await silence('DiskFull', 0, 10 * minuteMs);
  await silence('Later', 5 * minuteMs, 10 * minuteMs);
  const alert = (alertname: string, service: string, severity: string, ageMs: number) => ({
    labels: { alertname, service, severity },
    annotations: { summary: `${alertname} of ${service}` },
    startsAt: fromNow(-ageMs),
    generatorURL: 'http://prometheus.example/graph',
  });
  await post('alerts', [
    alert('ErrorsHigh', 'checkout', 'critical', 5 * minuteMs),
    alert('LatencyHigh', 'checkout', 'warning', 2 * minuteMs),
    alert('LatencyHigh', 'cart', 'warning', minuteMs),
    alert('DiskFull', 'payment', 'critical', 3 * minuteMs),
    alert('Awkward', awkward, 'none', 4 * minuteMs),
    { ...alert('Over', 'cart', 'critical', 9 * minuteMs), endsAt: fromNow(-minuteMs) },
  ]);
  // Which alert is held by what is worked out when its group is flushed.
  await eventually(async () => {
    const { items } = await alertsOf();
    return items.filter(({ state }) => state === 'suppressed').length === 2 ? items : undefined;
  });
});

afterAll(async () => {
  await tools?.close();
  await alertmanager?.stop();
});

async function alertsOf(matchers: readonly Matcher[] = [], more: Record<string, unknown> = {}) {
  const request = { server: 'alertmanager', tool: 'alerts_active', arguments: { matchers, ...more } };
  return alertmanagerListAlerts.output.parse((await tools.call(request)).output);
}

async function silencesOf(state: 'any' | 'active') {
  const request = { server: 'alertmanager', tool: 'silences_list', arguments: { state } };
  return alertmanagerListSilences.output.parse((await tools.call(request)).output);
}

test('firing alerts come first, the newest of them first, and say what holds back the others', async () => {
  const { items } = await alertsOf();
  expect(items.map(({ labels, state }) => [labels.alertname, labels.service, state])).toEqual([
    ['LatencyHigh', 'cart', 'active'],
    ['Awkward', awkward, 'active'],
    ['ErrorsHigh', 'checkout', 'active'],
    ['LatencyHigh', 'checkout', 'suppressed'],
    ['DiskFull', 'payment', 'suppressed'],
  ]);
  const [, , errors, inhibited, silenced] = items;
  expect(inhibited).toMatchObject({ inhibitedBy: [errors?.fingerprint], silencedBy: [] });
  expect(silenced).toMatchObject({ silencedBy: [silenceId], inhibitedBy: [] });
  expect(errors).toMatchObject({
    status: 'firing',
    annotations: { summary: 'ErrorsHigh of checkout' },
    generatorUrl: 'http://prometheus.example/graph',
  });
  expect(errors).not.toHaveProperty('endsAt');
});

test.each<[string, Matcher[], string[]]>([
  ['an equal label', [matcher('service', 'checkout')], ['ErrorsHigh', 'LatencyHigh']],
  [
    'an unequal one',
    [matcher('severity', 'critical', { isEqual: false })],
    ['LatencyHigh', 'Awkward', 'LatencyHigh'],
  ],
  ['a pattern', [matcher('alertname', 'Err.*|Disk.*', { isRegex: true })], ['ErrorsHigh', 'DiskFull']],
  [
    'two at once',
    [
      matcher('service', 'check.+', { isRegex: true }),
      matcher('alertname', 'L.*', { isRegex: true, isEqual: false }),
    ],
    ['ErrorsHigh'],
  ],
  ['a value with quotes, a line break and a tab', [matcher('service', awkward)], ['Awkward']],
])('alerts can be chosen by %s', async (_what, matchers, names) => {
  expect((await alertsOf(matchers)).items.map((alert) => alert.labels.alertname)).toEqual(names);
});

test('a page says that there is more, and nothing found says what to try', async () => {
  expect(await alertsOf([], { limit: 2 })).toMatchObject({ truncated: true, total: 5 });
  expect((await alertsOf([matcher('service', 'nobody')])).hint).toMatch(/leave out a matcher/);
});

test('what Alertmanager cannot read is refused with its reason', async () => {
  const broken = alertsOf([matcher('service', '(', { isRegex: true })]);
  await expect(broken).rejects.toMatchObject({ code: 'bad-input' });
  const injected = alertsOf([matcher('a="b",service', 'x')]);
  await expect(injected).rejects.toThrow(/not the name of a label/);
});

test('silences are listed with what they match, the active ones first', async () => {
  const active = await silencesOf('active');
  expect(active.items).toHaveLength(1);
  expect(active.items[0]).toMatchObject({
    id: silenceId,
    state: 'active',
    createdBy: 'someone',
    comment: 'planned work',
    matchers: [matcher('alertname', 'DiskFull')],
  });
  expect((await silencesOf('any')).items.map((one) => one.state)).toEqual(['active', 'pending']);
});

test.each([
  ['is down', undefined, 'unavailable'],
  ['is a web page', '<html></html>', 'unavailable'],
  ["answers somebody else's JSON", '{"status":"success"}', 'unavailable'],
  ['does not answer', 'never', 'timeout'],
] as const)('an Alertmanager that %s is a clear error', async (_what, body, code) => {
  const server = await startNonsense((response) => {
    if (body !== 'never') response.end(body);
  });
  const url = body === undefined ? 'http://127.0.0.1:1' : server.url;
  const alone = createAlertmanagerServer({ url, limits: { timeoutMs: 500 } });
  const client = createToolClient({ servers: { alertmanager: { kind: 'in-process', server: alone } } });
  for (const tool of ['alerts_active', 'silences_list']) {
    const failure = await client
      .call({ server: 'alertmanager', tool, arguments: {} })
      .catch((error: unknown) => error);
    expect(errorCodeOf(failure), String(failure)).toBe(code);
  }
  await client.close();
  await server.stop();
});
