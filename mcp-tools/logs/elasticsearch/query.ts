import { UnderstudyError } from '#domain/errors.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import { podOfWorkload } from '../../prometheus/label-spellings.ts';
import { graveWords, type StoreRead } from '../log-store.ts';
import { type Comparable, type Concept, comparable, type Fields, messageFields } from './fields.ts';

/** A clause of the query DSL. */
export type Clause = Readonly<Record<string, unknown>>;

const anyOf = (should: readonly Clause[]): Clause => ({ bool: { should, minimum_should_match: 1 } });

function equals({ field, exact }: Comparable, value: string): Clause {
  return exact ? { term: { [field]: { value } } } : { match_phrase: { [field]: value } };
}

/** Names of pods that a controller of that name makes; Lucene's patterns know no `(?:`. */
function podPattern(name: string): string {
  const literal = name.replace(/[^A-Za-z0-9_-]/g, '\\$&');
  return podOfWorkload.replace('(.+?)', () => literal).replaceAll('(?:', '(');
}

function plainClause(field: Concept, value: string, fields: Fields): Clause {
  const found = comparable(fields, field);
  if (found.length === 0) {
    throw new UnderstudyError('bad-input', `emitter: the indices have no field for the ${field}`);
  }
  return anyOf(found.map((one) => equals(one, value)));
}

/** By its own fields, or by the names of its pods. */
function namedClause(concept: 'service' | 'workload', name: string, fields: Fields): Clause {
  const own = [...comparable(fields, concept), ...comparable(fields, 'service')];
  const pods = comparable(fields, 'pod').filter(({ exact }) => exact);
  const clauses = [
    ...own.map((one) => equals(one, name)),
    ...pods.map(({ field }) => ({ regexp: { [field]: { value: podPattern(name) } } })),
  ];
  if (clauses.length === 0) {
    throw new UnderstudyError('bad-input', `emitter: the indices have no field for the ${concept}`);
  }
  return anyOf(clauses);
}

export function emitterClauses(emitter: Emitter, fields: Fields): Clause[] {
  const { namespace, service, workload, pod, node } = emitter;
  if ([namespace, service, workload, pod, node].every((field) => field === undefined)) {
    throw new UnderstudyError('bad-input', 'emitter: name a namespace, service, workload, pod or node');
  }
  const plain = (['namespace', 'pod', 'container', 'node', 'version'] as const).flatMap((field) => {
    const value = emitter[field];
    return value === undefined ? [] : [plainClause(field, value, fields)];
  });
  return [
    ...plain,
    ...(service === undefined ? [] : [namedClause('service', service, fields)]),
    ...(workload === undefined ? [] : [namedClause('workload', workload, fields)]),
  ];
}

/** Of this cluster, or of none: many ship the logs of one alone and do not say which. */
export function clusterClauses(cluster: string | undefined, fields: Fields): Clause[] {
  const found = comparable(fields, 'cluster').filter(({ exact }) => exact);
  if (cluster === undefined || found.length === 0) return [];
  const silent = { bool: { must_not: found.map(({ field }) => ({ exists: { field } })) } };
  return [anyOf([...found.map((one) => equals(one, cluster)), silent])];
}

/**
 * Lets through every line that may hold the text: each of its words is looked for within words of the line, however the
 * line was taken apart when it was indexed. What comes is compared word by word afterwards.
 */
export function containsClauses(text: string, fields: Fields): Clause[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const searched = messageFields(fields);
  if (searched.length === 0) return [];
  return words.map((word) =>
    anyOf(
      searched.map((field) => ({ wildcard: { [field]: { value: `*${word}*`, case_insensitive: true } } })),
    ),
  );
}

const graveLevels = [
  'warn',
  'warning',
  'error',
  'err',
  'fatal',
  'critical',
  'crit',
  'severe',
  'panic',
  'emerg',
];

/** Lines of trouble, by their level or by a word. */
export function graveClause(fields: Fields): Clause {
  const levels = graveLevels.flatMap((level) => [
    level,
    level.toUpperCase(),
    level[0]?.toUpperCase() + level.slice(1),
  ]);
  const byLevel = comparable(fields, 'level').map(({ field }) => ({ terms: { [field]: levels } }));
  const byWord = messageFields(fields).flatMap((field) => [
    { match: { [field]: { query: graveWords.join(' '), operator: 'or' } } },
    // `IllegalStateException` is one word of its line.
    { wildcard: { [field]: { value: '*exception*', case_insensitive: true } } },
    { wildcard: { [field]: { value: '*error*', case_insensitive: true } } },
  ]);
  return anyOf([...byLevel, ...byWord]);
}

export function clausesOf(read: StoreRead, fields: Fields): Clause[] {
  return [
    ...emitterClauses(read.emitter, fields),
    ...clusterClauses(read.cluster, fields),
    ...(read.contains === undefined ? [] : containsClauses(read.contains, fields)),
    ...(read.graveOnly === true ? [graveClause(fields)] : []),
  ];
}
