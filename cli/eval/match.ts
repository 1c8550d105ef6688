import type { Hypothesis } from '#domain/diagnosis.ts';
import type { ObjectRef } from '#domain/object-ref.ts';

/** Whether an answer is one of those that a label allows. */

/** Kinds that are a workload's own, by its name: the workload itself, its Service, its claims and settings of that name. */
function isOfWorkload({ kind, name }: ObjectRef, workload: string): boolean {
  if (name === workload) return true;
  const made = kind === 'Pod' || kind === 'ReplicaSet';
  return made && name.startsWith(`${workload}-`) && /^(-[a-z0-9]+){1,3}$/.test(name.slice(workload.length));
}

/** A namespace's own limits and itself: what is wrong with it is mended there. */
const namespaceKinds = new Set(['Namespace', 'ResourceQuota', 'LimitRange']);

function isObject(hypothesis: Hypothesis, allowed: string): boolean {
  const slash = allowed.indexOf('/');
  const kind = allowed.slice(0, slash);
  const name = allowed.slice(slash + 1);
  const { object, service } = hypothesis;
  if (kind === 'app') return service === name || isOfWorkload(object, name);
  if (kind === 'namespace') {
    return namespaceKinds.has(object.kind) && (object.namespace ?? object.name) === name;
  }
  return object.kind.toLowerCase() === kind && object.name === name;
}

export function hasObject(hypothesis: Hypothesis, objects: readonly string[]): boolean {
  return objects.some((allowed) => isObject(hypothesis, allowed));
}

/** The services that a diagnosis names, each once, the likeliest first. */
export function rankedServices(hypotheses: readonly Hypothesis[]): string[] {
  return [...new Set(hypotheses.map(({ service, object }) => service ?? object.name))];
}

/** The changes that a diagnosis names, each once, the likeliest first. */
export function rankedChanges(hypotheses: readonly Hypothesis[]): string[] {
  return [...new Set(hypotheses.flatMap(({ change }) => change ?? []))];
}

/** The place of the first allowed name, from 1; undefined where none is named. */
export function rankOf(ranked: readonly string[], allowed: readonly string[]): number | undefined {
  const index = ranked.findIndex((name) => allowed.includes(name));
  return index === -1 ? undefined : index + 1;
}
