import type { Quote } from '#domain/diagnosis.ts';
import { type Instant, secondsBetween, toMs } from '#domain/time.ts';
import type { Change } from '#domain/tools/changes.ts';
import { changedAt } from './kubernetes/config-sources.ts';
import { podsOf } from './kubernetes/owners.ts';
import {
  currentRevision,
  type Facet,
  revisionsOf,
  type TemplateChange,
  templateChanges,
  type WorkloadRevision,
} from './kubernetes/revisions.ts';
import { eventsOf, type Snapshot, type Sourced } from './kubernetes/snapshot.ts';
import type { Workload } from './kubernetes/workload.ts';
import { quoteChange, quoteEvent, quoteField } from './quoting.ts';
import { changesOf } from './recorded-changes.ts';

/** A rollout that was seen: what came, when, and how it differs from what was before. */
export type Rollout = {
  readonly workload: Workload;
  readonly at: Instant;
  readonly current: WorkloadRevision;
  readonly former: WorkloadRevision;
  readonly changes: readonly TemplateChange[];
  /** The recorded change that it is, where one was recorded. */
  readonly change: Sourced<Change> | undefined;
  readonly evidence: readonly Quote[];
};

/** Recorded changes name a moment that may differ a little from what the cluster says. */
const sameMomentSeconds = 180;
const promptlySeconds = 600;

function recordedChange(
  snapshot: Snapshot,
  workload: Workload,
  revision: WorkloadRevision,
): Sourced<Change> | undefined {
  const { name, namespace } = workload.ref;
  const ofService = snapshot.changes.filter(
    (change) =>
      change.kind === 'deploy' &&
      change.service === name &&
      (change.namespace === undefined || change.namespace === namespace),
  );
  const own = [...new Set([...changesOf(snapshot.changes, workload.ref, ['deploy']), ...ofService])];
  const byRevision = own.find(
    ({ id, details }) => id.endsWith(`@${revision.revision}`) || details.revision === revision.revision,
  );
  const { createdAt } = revision;
  return (
    byRevision ??
    own
      .filter(
        ({ at }) => createdAt !== undefined && Math.abs(secondsBetween(at, createdAt)) <= sameMomentSeconds,
      )
      .toSorted((a, b) => toMs(b.at) - toMs(a.at))[0]
  );
}

/** The ReplicaSet of the current revision: its name is in the events of the rollout. */
function currentSetName(
  snapshot: Snapshot,
  workload: Workload,
  revision: WorkloadRevision,
): string | undefined {
  return snapshot.replicaSets.find(
    ({ ref, ownedBy, annotations }) =>
      ref.namespace === workload.ref.namespace &&
      ownedBy?.name === workload.ref.name &&
      annotations['deployment.kubernetes.io/revision'] === String(revision.revision),
  )?.ref.name;
}

function scaleUpEvent(snapshot: Snapshot, workload: Workload, set: string | undefined) {
  return eventsOf(snapshot, workload.ref).find(
    ({ message }) =>
      /^Scaled up replica set/.test(message) &&
      (set === undefined || message.includes(` ${set} `)) &&
      !/from [1-9]/.test(message),
  );
}

/**
 * When the current revision came. A template that was there before gets its old ReplicaSet back, with its old creation time:
 * so events and recorded changes come first, and pods that are much younger than their set after them.
 */
function rolloutTime(
  snapshot: Snapshot,
  workload: Workload,
  current: WorkloadRevision,
  told: readonly (Instant | undefined)[],
): Instant | undefined {
  const known = told.filter((at) => at !== undefined).toSorted((a, b) => toMs(b) - toMs(a))[0];
  if (known !== undefined) return known;
  const hash = current.template.metadata?.labels?.['pod-template-hash'];
  const births = podsOf(snapshot, workload)
    .filter(({ labels }) => hash === undefined || labels['pod-template-hash'] === hash)
    .flatMap(({ createdAt }) => createdAt ?? [])
    .toSorted((a, b) => toMs(a) - toMs(b));
  const [first] = births;
  if (current.createdAt === undefined) return first;
  const prompt = first === undefined || secondsBetween(current.createdAt, first) <= promptlySeconds;
  return prompt ? current.createdAt : first;
}

/** The last rollout of a workload that changed something; restarts and first deployments are none. */
export function lastRollout(snapshot: Snapshot, workload: Workload): Rollout | undefined {
  const revisions = revisionsOf(snapshot, workload);
  const current = currentRevision(revisions);
  if (current === undefined) return undefined;
  const former = revisions.find(
    ({ revision, template }) =>
      revision < current.revision && templateChanges(template, current.template).length > 0,
  );
  if (former === undefined) return undefined;
  const change = recordedChange(snapshot, workload, current);
  const event = scaleUpEvent(snapshot, workload, currentSetName(snapshot, workload, current));
  const at = rolloutTime(snapshot, workload, current, [event?.lastAt ?? event?.firstAt, change?.at]);
  if (at === undefined) return undefined;
  const image = current.template.spec?.containers[0]?.image;
  return {
    workload,
    at,
    current,
    former,
    changes: templateChanges(former.template, current.template),
    change,
    evidence: [
      ...(change === undefined ? [] : quoteChange(change, 0.6)),
      ...quoteEvent(event, 0.5),
      ...quoteField(workload, '.spec.template.spec.containers[].image', image, 0.2),
    ],
  };
}

const blurSeconds = 15;

/** How closely a change came before the trouble, 0..1: one that came after it, or days before, did not do it. */
export function closeness(changedAtMoment: Instant, onset: Instant): number {
  const lead = secondsBetween(changedAtMoment, onset);
  // Scrapes and rates make an onset late rather than early; clocks and steps blur it by some seconds.
  if (lead < -blurSeconds) return 0;
  if (lead <= 300) return 1;
  if (lead <= 1800) return 0.85;
  return lead <= 7200 ? 0.4 : 0.1;
}

/** ConfigMaps that changed shortly before the trouble, with when. */
export function configEdits(snapshot: Snapshot, onset: Instant) {
  return snapshot.configMaps.flatMap((configMap) => {
    const at = changedAt(snapshot, configMap);
    return at === undefined || closeness(at, onset) < 0.5 ? [] : [{ configMap, at }];
  });
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** The leaves of a value by path; items of a list are known by their name where they have one. */
function leaves(value: unknown, path = ''): [string, unknown][] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null) return [[path, value]];
  const entries = Array.isArray(value)
    ? value.map((item: unknown, index) => [nameOf(item) ?? String(index), item] as const)
    : Object.entries(value);
  return entries.flatMap(([key, item]) => leaves(item, path === '' ? key : `${path}.${key}`));
}

function nameOf(item: unknown): string | undefined {
  return typeof item === 'object' && item !== null && 'name' in item && typeof item.name === 'string'
    ? item.name
    : undefined;
}

/** `limits.memory 96Mi → 16Mi`: the leaves that differ, a few of them. */
function leafChanges(before: unknown, after: unknown): string {
  const [old, now] = [new Map(leaves(before)), new Map(leaves(after))];
  const paths = [...new Set([...old.keys(), ...now.keys()])].filter(
    (path) => old.get(path) !== now.get(path),
  );
  const told = paths
    .slice(0, 4)
    .map((path) => `${path === '' ? '' : `${path} `}${short(old.get(path))} → ${short(now.get(path))}`);
  return [...told, ...(paths.length > 4 ? [`${paths.length - 4} more`] : [])].join(', ');
}

/** What a rollout changed, in words: `image of app: shop:1.4 → shop:1.5`. */
export function describeChanges(changes: readonly TemplateChange[]): string {
  const words: Readonly<Record<Facet, string>> = {
    image: 'image',
    environment: 'environment',
    resources: 'resources',
    probes: 'probes',
    command: 'command',
    ports: 'ports',
    labels: 'labels',
    placement: 'placement',
    volumes: 'volumes',
    security: 'security settings',
    'init-containers': 'init containers',
    'name-resolution': 'name resolution',
  };
  return changes
    .map(({ facet, container, before, after }) => {
      const where = container === undefined ? '' : ` of ${container}`;
      return `${words[facet]}${where}: ${leafChanges(before, after)}`;
    })
    .join('; ');
}
