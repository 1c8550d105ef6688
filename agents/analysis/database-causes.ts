import type { CauseCode } from '#domain/causes/codes.ts';
import type { Finding, Told } from './database-finding.ts';
import { type Insights, waitKinds, waitPart } from './database-insights.ts';
import { fromLevels, fromSpace } from './database-levels.ts';
import { fromStorageWords, fromWords } from './database-sayings.ts';
import type { Reading } from './signals.ts';

/**
 * Causes at databases, caches and queues from what clouds and exporters measure of them, from what providers and servers
 * say, and from performance data. Thresholds are the ones that the makers' own guides give (Amazon RDS and ElastiCache
 * monitoring guides, PostgreSQL's manual on checkpoints and connections, Redis' on eviction, Kafka's on replication).
 */
const heavyStatement = 0.45;
const much = 0.4;

/** What the load is made of. */
function fromInsights({ statements, waits }: Insights): Finding[] {
  const [heaviest] = statements;
  const all = statements.reduce((sum, { load }) => sum + load, 0);
  const found: Finding[] = [];
  if (heaviest !== undefined && all > 0 && heaviest.load / all >= heavyStatement) {
    const working = waitPart(heaviest.waits, waitKinds.cpu) + waitPart(heaviest.waits, waitKinds.read);
    const upkeep = /^\s*(autovacuum|vacuum|analyze|postgres:|background)/i.test(heaviest.text);
    if (working >= 0.5 && !upkeep) {
      found.push({
        code: 'database.slow-query',
        weight: 0.5 + 0.4 * (heaviest.load / all),
        said: heaviest.text,
        why: `one statement is ${Math.round((100 * heaviest.load) / all)} % of the load, and works rather than waits`,
      });
    }
  }
  const part = (kind: keyof typeof waitKinds) => waitPart(waits, waitKinds[kind]);
  const [first] = waits;
  const said = first === undefined ? {} : { said: first.name };
  const percent = (value: number) => `${Math.round(value * 100)} %`;
  if (part('lock') >= much)
    found.push({
      code: 'database.lock-contention',
      weight: 0.75,
      ...said,
      why: `${percent(part('lock'))} of the load waits for locks`,
    });
  if (part('log') >= much)
    found.push({
      code: 'database.checkpoint-pressure',
      weight: 0.5,
      ...said,
      why: `${percent(part('log'))} of the load waits for the log and its checkpoints`,
    });
  if (part('client') >= much)
    found.push({
      code: 'database.connections-exhausted',
      weight: 0.3,
      ...said,
      why: `${percent(part('client'))} of the sessions wait for their clients: they hold connections and do nothing`,
    });
  return found;
}

export type DatabaseFacts = {
  readonly readings: readonly Reading[];
  readonly told: readonly Told[];
  readonly insights: Insights;
  readonly allocatedBytes: number | undefined;
};

export type DatabaseCause = {
  readonly code: CauseCode;
  readonly certainty: number;
  readonly findings: readonly Finding[];
};

/** The causes that the facts speak for, the surest first. */
export function databaseCauses({ readings, told, insights, allocatedBytes }: DatabaseFacts): DatabaseCause[] {
  const findings = [
    ...fromWords(told),
    ...fromStorageWords(told),
    ...fromInsights(insights),
    ...fromLevels(readings),
    ...fromSpace(readings, allocatedBytes),
  ];
  return [...Map.groupBy(findings, ({ code }) => code)]
    .map(([code, own]) => ({
      code,
      certainty: Math.min(0.93, 1 - own.reduce((left, { weight }) => left * (1 - weight), 1)),
      findings: own.toSorted((a, b) => b.weight - a.weight),
    }))
    .toSorted((a, b) => b.certainty - a.certainty);
}
