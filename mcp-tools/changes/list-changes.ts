import type { z } from 'zod';
import { messageOf } from '#domain/errors.ts';
import type { Change, changesList } from '#domain/tools/changes.ts';
import type { ToolOutput } from '#domain/tools/define-tool.ts';
import type { Clusters } from '../kubernetes/clusters.ts';
import { digestOfPage } from '../runtime/digest.ts';
import { pageOfList } from '../runtime/paging.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import {
  type ChangingKind,
  type ClusterObjects,
  clusterObjects,
  readClusterObjects,
} from './cluster-objects.ts';
import { configWrites } from './config-writes.ts';
import { rollouts } from './rollouts.ts';
import { scalings } from './scalings.ts';

type Input = z.output<typeof changesList.input>;

/** Which changes were told to us: deploy events that somebody posted. */
export type StoredChangesQuery = {
  readonly from: string;
  readonly to: string;
  readonly cluster?: string | undefined;
  readonly namespace?: string | undefined;
  readonly service?: string | undefined;
};
export type StoredChanges = (query: StoredChangesQuery) => Promise<readonly Change[]>;

/** Changes of what a cloud runs for us; namespaces and services are not in it. */
export type CloudChanges = (
  window: { readonly from: string; readonly to: string },
  signal: AbortSignal,
) => Promise<Part>;

type Part = { readonly changes: readonly Change[]; readonly gaps: readonly string[] };

function changesIn(objects: ClusterObjects): Change[] {
  return [...rollouts(objects), ...scalings(objects), ...configWrites(objects)];
}

/** Changes that objects show of themselves, wherever they were read. */
export function changesSeenIn(of: (kind: ChangingKind) => readonly unknown[]): Change[] {
  return changesIn(clusterObjects(of));
}

async function seenInCluster(
  clusters: Clusters,
  name: string,
  input: Input,
  signal: AbortSignal,
): Promise<Part> {
  const { objects, gaps } = await readClusterObjects(clusters.named(name), input.namespace, signal);
  const changes = changesIn(objects);
  return { changes, gaps: gaps.map((gap) => `${name}: ${gap}`) };
}

async function toldToUs(stored: StoredChanges, input: Input): Promise<Part> {
  const { from, to, cluster, namespace, service } = input;
  return { changes: await stored({ from, to, cluster, namespace, service }), gaps: [] };
}

/** Whether a change is of the window, the namespace and the service that are asked for. */
export function isWanted(change: Change, input: Input): boolean {
  const ms = Date.parse(change.at);
  if (ms < Date.parse(input.from) || ms > Date.parse(input.to)) return false;
  if (
    input.namespace !== undefined &&
    change.namespace !== undefined &&
    change.namespace !== input.namespace
  ) {
    return false;
  }
  if (input.service === undefined) return true;
  const { usedBy, name } = change.details;
  return (
    change.service === input.service ||
    name === input.service ||
    (Array.isArray(usedBy) && usedBy.includes(input.service))
  );
}

export function newestFirst(a: Change, b: Change): number {
  return Date.parse(b.at) - Date.parse(a.at) || (a.id < b.id ? -1 : 1);
}

/** What came of every part; where none could be asked, the first failure is thrown. */
function joined(names: readonly string[], results: readonly PromiseSettledResult<Part>[]): Part {
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (failures.length === results.length) throw failures[0];
  return {
    changes: results.flatMap((result) => (result.status === 'fulfilled' ? result.value.changes : [])),
    gaps: results.flatMap((result, index) =>
      result.status === 'fulfilled' ? result.value.gaps : [`${names[index]}: ${messageOf(result.reason)}`],
    ),
  };
}

/** Answers `changes`: what clusters show of themselves, and what was told to us. */
export async function listChanges(
  clusters: Clusters,
  { storedChanges, cloudChanges }: { storedChanges: StoredChanges; cloudChanges?: CloudChanges },
  input: Input,
  { signal }: ToolContext,
) {
  const asked = input.cluster === undefined ? clusters.names : [clusters.named(input.cluster).name];
  const results = await Promise.allSettled([
    ...asked.map((name) => seenInCluster(clusters, name, input, signal)),
    toldToUs(storedChanges, input),
    ...(cloudChanges === undefined ? [] : [cloudChanges(input, signal)]),
  ]);
  const { changes, gaps } = joined(
    [...asked.map((name) => `changes in ${name}`), 'changes told to us', 'changes in the cloud'],
    results,
  );
  const wanted = [...new Map(changes.map((change) => [change.id, change])).values()]
    .filter((change) => isWanted(change, input))
    .toSorted(newestFirst);
  const older = changes.length - wanted.length;
  const hint =
    wanted.length > 0
      ? undefined
      : older === 0
        ? 'no change is known at all'
        : `${older} changes are known outside this window, namespace or service`;
  return pageOfList(wanted, input, { gaps, hint });
}

export function digestChanges(page: ToolOutput<typeof changesList>): string {
  return digestOfPage(page, (change) => `${change.at} ${change.kind} ${change.id}: ${change.summary}`);
}
