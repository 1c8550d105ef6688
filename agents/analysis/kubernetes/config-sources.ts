import { z } from 'zod';
import type { Instant } from '#domain/time.ts';
import { changesOf } from '../recorded-changes.ts';
import type { ConfigObject } from './others.ts';
import { isBirth, lastApplied, lastEditedAt } from './partial.ts';
import { type Container, type PodTemplate, referencesOf } from './pod-template.ts';
import { formerRevision } from './revisions.ts';
import type { Snapshot } from './snapshot.ts';
import type { Workload } from './workload.ts';

/** Where a setting that an application misses should have come from. */
export type SettingSource =
  /** A rollout took it out of the pod template. */
  | { readonly from: 'template' }
  /** A ConfigMap that the pods read does not have it. */
  | { readonly from: 'configmap'; readonly configMap: ConfigObject; readonly key: string }
  /** A ConfigMap that the pods read has it by now: a container gets it when it is started the next time. */
  | { readonly from: 'present'; readonly configMap: ConfigObject; readonly key: string }
  /** A ConfigMap that the pods read is not there at all. */
  | { readonly from: 'missing-configmap'; readonly name: string };

const appliedSchema = z.object({ data: z.record(z.string(), z.string()) });

/** The data of a ConfigMap as it was last applied from a manifest, where that is known. */
export function appliedData(configMap: ConfigObject): Readonly<Record<string, string>> {
  const parsed = appliedSchema.safeParse(lastApplied(configMap));
  return parsed.success ? parsed.data.data : {};
}

function configMapAt(
  snapshot: Snapshot,
  namespace: string | undefined,
  name: string,
): ConfigObject | undefined {
  return snapshot.configMaps.find(({ ref }) => ref.name === name && ref.namespace === namespace);
}

/** ConfigMaps that a pod template reads, as far as they are there. */
export function configMapsOf(
  snapshot: Snapshot,
  namespace: string | undefined,
  template: PodTemplate | undefined,
): ConfigObject[] {
  const names = new Set(
    referencesOf(template?.spec)
      .filter(({ kind }) => kind === 'ConfigMap')
      .map(({ name }) => name),
  );
  return [...names].flatMap((name) => configMapAt(snapshot, namespace, name) ?? []);
}

function templateGives(
  snapshot: Snapshot,
  namespace: string | undefined,
  template: PodTemplate,
  setting: string,
): boolean {
  const containers = template.spec?.containers ?? [];
  const literal = containers.some(({ env }) =>
    env.some(
      ({ name, value, valueFrom }) =>
        name === setting && (value ?? '') + (valueFrom === undefined ? '' : '…') !== '',
    ),
  );
  const whole = containers
    .flatMap(({ envFrom }) => envFrom)
    .some(({ configMapRef, prefix }) => {
      const map =
        configMapRef?.name === undefined ? undefined : configMapAt(snapshot, namespace, configMapRef.name);
      return map?.keys.some((key) => `${prefix ?? ''}${key}` === setting) === true;
    });
  return literal || whole;
}

/** Names of settings as they are compared: `payment.url`, `PAYMENT-URL` and `PAYMENT_URL` are one. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function explicitSource(
  snapshot: Snapshot,
  workload: Workload,
  containers: readonly Container[],
  setting: string,
): SettingSource | undefined {
  for (const { env } of containers) {
    const ref = env.find(({ name }) => name === setting)?.valueFrom?.configMapKeyRef;
    if (ref?.name === undefined || ref.key === undefined) continue;
    const configMap = configMapAt(snapshot, workload.ref.namespace, ref.name);
    if (configMap === undefined) return { from: 'missing-configmap', name: ref.name };
    const from = configMap.keys.includes(ref.key) ? 'present' : 'configmap';
    return { from, configMap, key: ref.key };
  }
  return undefined;
}

function attachedSource(snapshot: Snapshot, workload: Workload, setting: string): SettingSource | undefined {
  const template = workload.spec?.template;
  const attached = configMapsOf(snapshot, workload.ref.namespace, template);
  const prefixes = new Map(
    (template?.spec?.containers ?? []).flatMap(({ envFrom }) =>
      envFrom.map(({ configMapRef, prefix }) => [configMapRef?.name, prefix ?? ''] as const),
    ),
  );
  const ranked = attached.map((configMap) => {
    const prefix = prefixes.get(configMap.ref.name) ?? '';
    const key = setting.startsWith(prefix) ? setting.slice(prefix.length) : setting;
    const applied = Object.keys(appliedData(configMap)).find((name) => plain(name) === plain(key));
    return {
      configMap,
      key: applied ?? key,
      known: applied !== undefined,
      whole: prefixes.has(configMap.ref.name),
    };
  });
  const isThere = ({ configMap, key }: (typeof ranked)[number]) =>
    configMap.keys.some((name) => plain(name) === plain(key));
  const present = ranked.find(isThere);
  if (present !== undefined) return { from: 'present', configMap: present.configMap, key: present.key };
  const lacking = ranked.filter((candidate) => !isThere(candidate));
  const best = lacking.find(({ known }) => known) ?? lacking.find(({ whole }) => whole) ?? lacking[0];
  return best === undefined ? undefined : { from: 'configmap', configMap: best.configMap, key: best.key };
}

/**
 * Where a missing setting should come from: an env entry that points to a ConfigMap's key, the template of the former
 * revision, or a ConfigMap that the pods read. Undefined where nothing of the workload could give it.
 */
export function sourceOfSetting(
  snapshot: Snapshot,
  workload: Workload,
  setting: string,
): SettingSource | undefined {
  const template = workload.spec?.template;
  const containers = template?.spec?.containers ?? [];
  const explicit = explicitSource(snapshot, workload, containers, setting);
  if (explicit !== undefined) return explicit;
  const former = formerRevision(snapshot, workload, ['environment', 'volumes', 'command'])?.former;
  const gives = (one: PodTemplate | undefined) =>
    one !== undefined && templateGives(snapshot, workload.ref.namespace, one, setting);
  if (gives(former?.template) && !gives(template)) {
    return { from: 'template' };
  }
  return attachedSource(snapshot, workload, setting);
}

const detailsSchema = z.looseObject({
  before: z.record(z.string(), z.unknown()).optional().catch(undefined),
  removed: z.record(z.string(), z.unknown()).optional().catch(undefined),
});
const recordSchema = z.record(z.string(), z.unknown()).catch({});

function valueInDiff(diff: string | undefined, key: string): string | undefined {
  for (const line of (diff ?? '').split('\n')) {
    const match = /^-\s*"?([\w./-]+)"?\s*:\s*(.*)$/.exec(line);
    if (match?.[1] === key) return (match[2] ?? '').replace(/^["']|["'],?$/g, '');
  }
  return undefined;
}

/** What a key's value was before, from what is kept of the object and from recorded changes; undefined where nobody knows. */
export function formerValue(
  snapshot: Snapshot,
  configMap: ConfigObject,
  key: string,
): { readonly value: string; readonly known: string } | undefined {
  const applied = appliedData(configMap)[key];
  if (applied !== undefined) return { value: applied, known: 'as it was last applied' };
  const about = changesOf(snapshot.changes, configMap.ref, ['config', 'deploy', 'commit']);
  for (const { details, diff, id } of about) {
    const { before, removed } = detailsSchema.parse(details);
    const value =
      recordSchema.parse(before?.data)[key] ?? before?.[key] ?? removed?.[key] ?? valueInDiff(diff, key);
    if (typeof value === 'string') return { value, known: `as it was before change ${id}` };
  }
  const renamed = Object.entries(configMap.data).find(([name]) => name !== key && isAlike(name, key));
  return renamed === undefined ? undefined : { value: renamed[1], known: `as ${renamed[0]} has it` };
}

/** A key that was misspelt: the same letters, or one letter more, less or changed. */
function isAlike(a: string, b: string): boolean {
  const [x, y] = [plain(a), plain(b)];
  if (x === y) return true;
  if (Math.min(x.length, y.length) < 5 || Math.abs(x.length - y.length) > 1) return false;
  let head = 0;
  while (head < x.length && x[head] === y[head]) head += 1;
  let tail = 0;
  while (tail < x.length - head && tail < y.length - head && x.at(-1 - tail) === y.at(-1 - tail)) tail += 1;
  return Math.max(x.length, y.length) - head - tail <= 1;
}

/** When a ConfigMap was last changed after it was made, as far as the API server or a recorded change tells. */
export function changedAt(snapshot: Snapshot, configMap: ConfigObject): Instant | undefined {
  const edited = lastEditedAt(configMap.raw);
  if (edited !== undefined) return edited;
  return changesOf(snapshot.changes, configMap.ref, ['config'])
    .map(({ at }) => at)
    .find((at) => !isBirth(at, configMap.createdAt));
}
