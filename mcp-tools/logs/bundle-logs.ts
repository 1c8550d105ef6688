import { z } from 'zod';
import { instantSchema } from '#domain/time.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import type { LogLine, LogPattern } from '#domain/tools/logs.ts';
import { heldObjects } from '../bundle/kubernetes-objects.ts';
import type { Bundle, Items } from '../bundle/open-bundle.ts';
import { workloadOfPod } from '../prometheus/label-spellings.ts';
import { levelOfWord } from './level.ts';
import { parseLogLine } from './log-line.ts';
import { templateOfLine } from './mine-patterns.ts';
import { lineOf } from './read-container-log.ts';

/** One log file of a bundle, and whom it is of. */
export type LogFile = {
  readonly path: string;
  readonly emitter: Emitter;
  /** Every name under which somebody may ask for it. */
  readonly names: ReadonlySet<string>;
  readonly previous: boolean;
};

/** As much of a container's log as is read from a live cluster. */
const maxBytesPerLog = 8 * 1024 * 1024;

const podFile = /^logs\/([^/]+)\/([^/]+)\/([^/]+?)(\.previous)?\.log$/;
const patternFile = /^logs\/([^/]+)\/([^/]+)\.patterns\.json$/;
const recordFile = /^logs\/[^/]+\.ndjson$/;

const selectorSchema = z.looseObject({
  spec: z.looseObject({ selector: z.record(z.string(), z.string()).nullish() }),
});

type Service = { readonly name: string; readonly selector: Readonly<Record<string, string>> };

function selectingServices(services: readonly KubernetesObject[], namespace: string): Service[] {
  return services.flatMap((object) => {
    const selector = selectorSchema.safeParse(object).data?.spec.selector ?? {};
    const selects = object.metadata.namespace === namespace && Object.keys(selector).length > 0;
    return selects ? [{ name: object.metadata.name, selector }] : [];
  });
}

const serviceLabels = ['app.kubernetes.io/name', 'app', 'k8s-app'] as const;

function workloadOf(name: string, pod: KubernetesObject | undefined): string {
  const owner = pod?.metadata.ownerReferences?.find(({ controller }) => controller !== false);
  const hash = pod?.metadata.labels?.['pod-template-hash'];
  if (owner === undefined) return workloadOfPod(name);
  return owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`)
    ? owner.name.slice(0, -hash.length - 1)
    : owner.name;
}

function logFile(
  [path, namespace = '', pod = '', container = '', previous]: readonly (string | undefined)[],
  pods: readonly KubernetesObject[],
  services: readonly KubernetesObject[],
): LogFile {
  const object = pods.find(
    ({ metadata }) => metadata.name === pod && (metadata.namespace ?? namespace) === namespace,
  );
  const labels = object?.metadata.labels ?? {};
  const workload = workloadOf(pod, object);
  const selecting = selectingServices(services, namespace)
    .filter(({ selector }) => Object.entries(selector).every(([label, value]) => labels[label] === value))
    .map(({ name }) => name);
  const labelled = serviceLabels.flatMap((label) => labels[label] ?? []);
  const service = selecting[0] ?? labelled[0];
  return {
    path: path ?? '',
    emitter: { namespace, ...(service === undefined ? {} : { service }), workload, pod, container },
    names: new Set([...selecting, ...labelled, workload]),
    previous: previous !== undefined,
  };
}

/** The logs of pods that a bundle holds. */
export function logFilesOf(bundle: Bundle): Promise<readonly LogFile[]> {
  return bundle.once('log files', async () => {
    const matches = bundle.paths.map((path) => podFile.exec(path)).filter((match) => match !== null);
    if (matches.length === 0) return [];
    const byKind = await heldObjects(bundle, ['pods', 'services']);
    return matches.map((match) => logFile(match, byKind.get('pods') ?? [], byKind.get('services') ?? []));
  });
}

/** Whether a log that is of this emitter and goes by these names is asked for. */
export function isAsked(own: Emitter, names: ReadonlySet<string>, asked: Emitter): boolean {
  const fits = (field: 'namespace' | 'pod' | 'container' | 'node' | 'version'): boolean =>
    asked[field] === undefined || own[field] === undefined || own[field] === asked[field];
  const named = [asked.service, asked.workload].every((name) => name === undefined || names.has(name));
  // What does not say of which pod it is, is of none.
  const ofPod = asked.pod === undefined || own.pod === asked.pod;
  return named && ofPod && (['namespace', 'container', 'node', 'version'] as const).every(fits);
}

/** The lines of a pod's log, the last ones where it is very long. */
export function linesOf(bundle: Bundle, file: LogFile): Promise<{ lines: LogLine[]; cut: boolean }> {
  return bundle.once(file.path, async () => {
    const { text, cut } = (await bundle.tail(file.path, maxBytesPerLog)) ?? { text: '', cut: false };
    const lines = text
      .split('\n')
      .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
      .filter((line) => line !== '')
      .map((line) => lineOf(line, file, file.previous));
    return { lines, cut };
  });
}

const recordSchema = z.looseObject({
  time: instantSchema.optional().catch(undefined),
  service: z.string().optional(),
  namespace: z.string().optional().catch(undefined),
  pod: z.string().optional().catch(undefined),
  container: z.string().optional().catch(undefined),
  level: z.union([z.string(), z.number()]).optional().catch(undefined),
  message: z.string(),
});

function lineOfRecord(record: z.output<typeof recordSchema>): LogLine {
  const { time, service, namespace, pod, container, level, message } = record;
  const known = levelOfWord(level) ?? parseLogLine(message).level;
  const emitter = { namespace, service, workload: service, pod, container };
  return {
    ...(time === undefined ? {} : { at: time }),
    emitter: Object.fromEntries(Object.entries(emitter).filter(([, value]) => value !== undefined)),
    ...(known === undefined ? {} : { level: known }),
    message,
    previous: false,
  };
}

/** Records of a log store, as lines. */
export function recordedLinesOf(bundle: Bundle): Promise<Items<LogLine>> {
  return bundle.once('log records', async () => {
    const paths = bundle.paths.filter((path) => recordFile.test(path));
    const reads = await Promise.all(paths.map((path) => bundle.lines(path, recordSchema)));
    return {
      items: reads.flatMap((read) => (read?.items ?? []).map(lineOfRecord)),
      gaps: reads.flatMap((read) => read?.gaps ?? []),
    };
  });
}

const patternSchema = z.object({
  sample: z.string().min(1),
  count: z.number().min(0),
  ratio: z.number().optional(),
  baselineCount: z.number().optional(),
});

/** Mined patterns of a workload's error lines, where only these survived. */
export function minedPatternsOf(bundle: Bundle): Promise<Items<LogPattern>> {
  return bundle.once('mined patterns', async () => {
    const matches = bundle.paths.map((path) => patternFile.exec(path)).filter((match) => match !== null);
    const reads = await Promise.all(
      matches.map(async ([path, namespace = '', workload = '']) => {
        const read = await bundle.array(path, patternSchema);
        const items = (read?.items ?? []).map(
          ({ sample, count, ratio, baselineCount }): LogPattern => ({
            emitter: { namespace, service: workload, workload },
            sample,
            template: templateOfLine(sample),
            level: parseLogLine(sample).level ?? 'error',
            count: Math.round(count),
            ...(ratio === undefined ? {} : { ratio }),
            ...(baselineCount === undefined ? {} : { baselineCount: Math.round(baselineCount) }),
          }),
        );
        return { items, gaps: read?.gaps ?? [] };
      }),
    );
    return { items: reads.flatMap(({ items }) => items), gaps: reads.flatMap(({ gaps }) => gaps) };
  });
}
