import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { findProgram } from '#machine/program.ts';
import { rangePrograms } from '../programs.ts';
import { alertRules } from './alert-rules.ts';
import { practiceIntervals } from './intervals.ts';
import { type AlertCase, alertCases } from './testing/alert-cases.ts';

const run = promisify(execFile);
const programsTimeoutMs = 10 * 60_000;

const rulesSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.looseObject({
          alert: z.string().optional(),
          for: z.string().optional(),
          labels: z.looseObject({ severity: z.string() }).optional(),
          annotations: z.object({ summary: z.string(), description: z.string() }).optional(),
        }),
      ),
    }),
  ),
});

let folder: string;
let promtool: string | undefined;
let alerts: z.infer<typeof rulesSchema>['groups'][number]['rules'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alert-rules-'));
  const text = await alertRules(practiceIntervals);
  await writeFile(join(folder, 'rules.yaml'), text);
  alerts = rulesSchema
    .parse(parse(text))
    .groups.flatMap(({ rules }) => rules)
    .filter(({ alert }) => alert !== undefined);
  const prometheus = await findProgram(rangePrograms.prometheus);
  const beside = join(dirname(prometheus.path), 'promtool');
  promtool = (await stat(beside).catch(() => undefined)) === undefined ? undefined : beside;
}, programsTimeoutMs);

afterAll(() => rm(folder, { recursive: true }));

function firing(alert: string, labels: Readonly<Record<string, string>>): string {
  const all = Object.entries({ ...labels, alertname: alert, alertstate: 'firing' });
  return `ALERTS{${all.map(([name, value]) => `${name}="${value}"`).join(',')}}`;
}

/** What promtool says of the cases, which is nothing where all come out as they should. */
async function judged(tested: readonly AlertCase[]): Promise<string> {
  if (promtool === undefined) throw new Error('there is no promtool beside Prometheus');
  const tests = tested.map(({ alert, series, at, labels = [] }) => ({
    name: `${alert} ${JSON.stringify(series)}`.slice(0, 120),
    interval: '3s',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: `ALERTS{alertname="${alert}",alertstate="firing"}`,
        eval_time: at,
        exp_samples: labels.map((each) => ({ labels: firing(alert, each), value: 1 })),
      },
    ],
  }));
  const file = join(folder, 'tests.yaml');
  await writeFile(file, stringify({ rule_files: ['rules.yaml'], evaluation_interval: '2s', tests }));
  const failed = await run(promtool, ['test', 'rules', file]).then(
    () => '',
    (error: unknown) =>
      String(Reflect.get(Object(error), 'stderr')) + String(Reflect.get(Object(error), 'stdout')),
  );
  return failed;
}

describe('the alert rules', () => {
  it('are rules that Prometheus takes', async (context) => {
    if (promtool === undefined) return context.skip();
    const { stdout } = await run(promtool, ['check', 'rules', join(folder, 'rules.yaml')]);
    expect(stdout).toContain('SUCCESS');
  });

  it('fire in the state that each is for, and not in one that only looks like it', async (context) => {
    if (promtool === undefined) return context.skip();
    expect(await judged(alertCases)).toBe('');
  });

  it('are each put to the test', () => {
    const tested = new Set(alertCases.filter(({ labels }) => labels !== undefined).map(({ alert }) => alert));
    expect(alerts.map(({ alert }) => alert).filter((alert) => !tested.has(alert ?? ''))).toEqual([]);
  });

  it('have a severity, say what is wrong in words, and wait no longer than ten seconds', () => {
    for (const { alert, labels, annotations, for: lasting = '0s' } of alerts) {
      expect(['critical', 'warning', 'info'], alert).toContain(labels?.severity);
      expect(annotations?.description.length, alert).toBeGreaterThan(20);
      expect(Number.parseInt(lasting, 10), alert).toBeLessThanOrEqual(10);
    }
  });
});
