import { z } from 'zod';
import { type PatchOperation, pointer } from '#domain/actions/json-patch.ts';
import type { ProposedStep } from '#domain/diagnosis.ts';
import { canonicalJson } from '#domain/hash.ts';
import { type Facet, podFieldsOf, type TemplateChange } from '../analysis/kubernetes/revisions.ts';
import type { Workload } from '../analysis/kubernetes/workload.ts';

/** Former parts of a pod template, put back field by field: for kinds that have no undo of their own. */

const patchable: Readonly<Partial<Record<Facet, readonly string[]>>> = {
  environment: ['env', 'envFrom'],
  probes: ['livenessProbe', 'readinessProbe', 'startupProbe'],
  command: ['command', 'args'],
};

/** Parts of a container that are one field of it each. */
const wholeFields: Readonly<Partial<Record<Facet, string>>> = {
  resources: 'resources',
  volumes: 'volumeMounts',
  ports: 'ports',
  security: 'securityContext',
};

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === field)?.[1]
    : undefined;
}

function isSame(a: unknown, b: unknown): boolean {
  return canonicalJson(a ?? null) === canonicalJson(b ?? null);
}

type Named = { readonly name: string; readonly index: number; readonly item: unknown };

/** A list's items by their names; undefined where one has none, or two have the same. */
function namedItems(list: unknown): Named[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const named = list.map((item: unknown, index) => ({ name: fieldOf(item, 'name'), index, item }));
  const whole = named.filter((one): one is Named => typeof one.name === 'string');
  return whole.length === list.length && new Set(whole.map(({ name }) => name)).size === list.length
    ? whole
    : undefined;
}

/**
 * Single items put back in a list of named ones, so that what did not change is left alone: its values may be secrets that
 * nobody here knows. Undefined where single items will not do.
 */
function itemsBack(path: string, old: unknown, now: unknown): PatchOperation[] | undefined {
  const [former, present] = [namedItems(old), namedItems(now)];
  if (former === undefined || present === undefined) return undefined;
  const gone = former.filter(({ name }) => !present.some((other) => other.name === name));
  const surplus = present.filter(({ name }) => !former.some((other) => other.name === name));
  const changed = present.flatMap(({ name, index, item }): PatchOperation[] => {
    const before = former.find((other) => other.name === name);
    if (before === undefined || isSame(before.item, item)) return [];
    return [{ op: 'replace', path: `${path}/${index}`, value: before.item }];
  });
  const added = gone.map(
    ({ item }, index): PatchOperation => ({
      op: 'add',
      path: `${path}/${present.length + index}`,
      value: item,
    }),
  );
  const removed = surplus
    .toReversed()
    .map(({ index }): PatchOperation => ({ op: 'remove', path: `${path}/${index}` }));
  // A list that grows is taken as a whole, which does not go together with single items of it.
  if (added.length > 0 && changed.length + removed.length > 0) return undefined;
  return [...changed, ...removed, ...added];
}

function fieldBack(path: string, old: unknown, now: unknown): PatchOperation[] {
  if (isSame(old, now)) return [];
  // A list that is read as empty is mostly one that is not there.
  if (old === undefined || (Array.isArray(old) && old.length === 0)) return [{ op: 'remove', path }];
  if (now === undefined || (Array.isArray(now) && now.length === 0)) return [{ op: 'add', path, value: old }];
  return itemsBack(path, old, now) ?? [{ op: 'replace', path, value: old }];
}

const asList = z.array(z.unknown()).catch([]);

/** What puts a part of the pod's own spec back, or one of a container at a place. */
function operationsBack(
  { facet, container, before, after }: TemplateChange,
  index: number,
): PatchOperation[] {
  const pod = (field: string) => pointer('spec', 'template', 'spec', field);
  if (container === undefined) {
    if (facet === 'volumes') return fieldBack(pod('volumes'), before, after);
    const fields = podFieldsOf(facet) ?? [];
    const [old, now] = [asList.parse(before), asList.parse(after)];
    return fields.flatMap((field, position) => fieldBack(pod(field), old[position], now[position]));
  }
  const place = (field: string) => pointer('spec', 'template', 'spec', 'containers', index, field);
  const whole = wholeFields[facet];
  if (whole !== undefined) return fieldBack(place(whole), before, after);
  return (patchable[facet] ?? []).flatMap((field) =>
    fieldBack(place(field), fieldOf(before, field), fieldOf(after, field)),
  );
}

/** The steps that put changed parts of a workload's template back as they were in a revision: one patch, and images. */
export function templateBack(
  workload: Workload,
  changes: readonly TemplateChange[],
  revision: number,
): ProposedStep[] {
  const containers = workload.spec?.template?.spec?.containers ?? [];
  const base = {
    object: workload.ref,
    why: `as it was in revision ${revision}`,
    undo: 'set it again as it is now',
  };
  const placed = changes
    .map((change) => ({ change, index: containers.findIndex(({ name }) => name === change.container) }))
    .filter(({ change, index }) => change.container === undefined || index >= 0);
  const images = placed.flatMap(({ change: { facet, container, before } }): ProposedStep[] =>
    facet === 'image' && container !== undefined && typeof before === 'string'
      ? [{ ...base, action: 'set-image', arguments: { container, image: before } }]
      : [],
  );
  const operations = placed.flatMap(({ change, index }) => operationsBack(change, index));
  return [
    ...images,
    ...(operations.length === 0 ? [] : [{ ...base, action: 'patch', arguments: { operations } }]),
  ];
}
