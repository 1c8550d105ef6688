import type { Quote } from '#domain/diagnosis.ts';
import type { ObjectRef } from '#domain/object-ref.ts';
import { toMs } from '#domain/time.ts';
import { cloudEvents, cloudInsights, cloudResources } from '#domain/tools/cloud.ts';
import { type DatabaseCause, databaseCauses } from '../analysis/database-causes.ts';
import type { Finding } from '../analysis/database-finding.ts';
import { readInsights } from '../analysis/database-insights.ts';
import { excerpt } from '../analysis/quotes.ts';
import type { Reading } from '../analysis/signals.ts';
import { answersOf } from '../answers.ts';
import { countingAlerts } from '../subject.ts';
import type { Candidate } from './candidate.ts';
import type { CaseFile } from './case-file.ts';
import { describeReading, quoteReading } from './readings.ts';

type Resource = {
  readonly id: string;
  readonly names: ReadonlySet<string>;
  readonly kind: ObjectRef['kind'];
  readonly allocatedBytes: number | undefined;
};

const kinds: readonly (readonly [RegExp, string])[] = [
  [
    /rds|dbinstance|dbcluster|cloudsql|database|postgres|mysql|mariadb|oracle|sqlserver|aurora|dynamodb|mongo/i,
    'Database',
  ],
  [/elasticache|redis|memcache|valkey|cache/i, 'Cache'],
  [/sqs|kafka|msk|rabbit|queue|kinesis|pubsub|eventhub/i, 'Queue'],
];

function kindOf(text: string): string {
  return kinds.find(([words]) => words.test(text))?.[1] ?? 'CloudResource';
}

const bytesPerGib = 1024 ** 3;

function allocatedIn(properties: Readonly<Record<string, unknown>>): number | undefined {
  const value = properties.allocatedStorage ?? properties.AllocatedStorage ?? properties.allocated_storage;
  return typeof value === 'number' && value > 0 ? value * bytesPerGib : undefined;
}

function resourcesOf({ view }: CaseFile): Resource[] {
  return answersOf(view, cloudResources)
    .flatMap(({ output }) => output.items)
    .map(({ type, id, name, properties }) => ({
      id,
      names: new Set([id, ...(name === undefined ? [] : [name])]),
      kind: kindOf(`${type} ${String(properties.engine ?? '')}`),
      allocatedBytes: allocatedIn(properties),
    }));
}

/** Everything that the alerts name. */
function namedIn({ view }: CaseFile): Set<string> {
  return new Set(countingAlerts(view.alerts).flatMap(({ labels }) => Object.values(labels)));
}

/** Series of stores that no cloud describes are known by what they measure. */
const storeMeasures: ReadonlySet<Reading['measure']> = new Set(['connections', 'lag', 'locks', 'cache']);
const storeWords =
  /(^|[^a-z])(db|database|rds|pg|postgres|mysql|mariadb|mongo|redis|memcached|kafka|rabbitmq|elasticache|sqs)([^a-z]|$)/i;

function storesMeasured(file: CaseFile): Resource[] {
  const byService = Map.groupBy(
    file.readings.filter(({ service }) => service !== undefined),
    ({ service }) => service ?? '',
  );
  return [...byService].flatMap(([service, own]) => {
    const text = own.map(({ info }) => info.name.replace(/([a-z])([A-Z])/g, '$1 $2')).join(' ');
    const isStore =
      own.some(({ measure }) => storeMeasures.has(measure)) && storeWords.test(`${text} ${service}`);
    return isStore
      ? [{ id: service, names: new Set([service]), kind: kindOf(text), allocatedBytes: undefined }]
      : [];
  });
}

/** The resource that the alerts are about; the only one, where they name none. */
export function resourceOfAlerts(file: CaseFile): Resource | undefined {
  const told = resourcesOf(file);
  const all = [...told, ...storesMeasured(file).filter(({ id }) => !told.some(({ names }) => names.has(id)))];
  const named = namedIn(file);
  const own = all.filter(({ names }) => [...names].some((name) => named.has(name)));
  return own[0] ?? (told.length === 1 ? told[0] : undefined);
}

export function readingsOfResource({ readings }: CaseFile, { names }: Pick<Resource, 'names'>): Reading[] {
  return readings.filter(
    ({ service, info }) =>
      names.has(service ?? '') || Object.values(info.labels).some((value) => names.has(value)),
  );
}

function eventsOf(file: CaseFile, { names }: Resource, alone: boolean) {
  return answersOf(file.view, cloudEvents).flatMap(({ evidenceId, output }) =>
    output.items
      .filter(
        ({ source, message }) =>
          alone || [...names].some((name) => source.includes(name) || message.includes(name)),
      )
      .filter(({ at }) => toMs(at) <= toMs(file.view.asOf))
      .map(({ message }) => ({ text: message, evidenceId })),
  );
}

function quotesOf(finding: Finding, places: ReadonlyMap<string, string>): Quote[] {
  if (finding.reading !== undefined) return quoteReading(finding.reading, finding.weight);
  if (finding.said === undefined) return [];
  const evidenceId = places.get(finding.said);
  return [
    {
      source: 'cloud',
      ref: 'what the cloud says',
      quote: excerpt(finding.said),
      weight: finding.weight,
      ...(evidenceId === undefined ? {} : { evidenceId }),
    },
  ];
}

function reasonOf(finding: Finding): string {
  if (finding.reading !== undefined) return `${describeReading(finding.reading)}: ${finding.why}.`;
  return finding.said === undefined ? `${finding.why}.` : `${finding.why}: ${finding.said.slice(0, 160)}`;
}

const leastCertainty = 0.3;
const mostCauses = 4;

function candidateOf(
  file: CaseFile,
  resource: Resource,
  cause: DatabaseCause,
  places: ReadonlyMap<string, string>,
): Candidate {
  const told = cause.findings.slice(0, 3);
  return {
    object: { cluster: file.subject.cluster, kind: resource.kind, name: resource.id },
    code: cause.code,
    service: resource.id,
    reasons: told.map(reasonOf),
    evidence: told.flatMap((finding) => quotesOf(finding, places)),
    certainty: cause.certainty,
    severity: 'error',
    since: told.find(({ reading }) => reading?.since !== undefined)?.reading?.since ?? file.onset,
    through: [],
    consequence: false,
    seenOnObject: true,
    fixHint: {},
    rollout: undefined,
    change: undefined,
  };
}

/** Causes at the database, cache or queue that the alerts are about. */
export function cloudCandidates(file: CaseFile): Candidate[] {
  const resource = resourceOfAlerts(file);
  if (resource === undefined) return [];
  const events = eventsOf(file, resource, resourcesOf(file).length === 1);
  const causes = databaseCauses({
    readings: readingsOfResource(file, resource),
    told: events,
    insights: readInsights(answersOf(file.view, cloudInsights).flatMap(({ output }) => output.items)),
    allocatedBytes: resource.allocatedBytes,
  });
  const places = new Map(events.map(({ text, evidenceId }) => [text, evidenceId]));
  return causes
    .filter(({ certainty }) => certainty >= leastCertainty)
    .slice(0, mostCauses)
    .map((cause) => candidateOf(file, resource, cause, places));
}
