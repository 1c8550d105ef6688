import { z } from 'zod';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import type { ToolCall } from '#domain/evidence.ts';
import { callDirectly } from '../runtime/call-directly.ts';
import { alertOfBundle } from './bundle-alert.ts';
import { kindsIn } from './kubernetes-objects.ts';
import { type Bundle, openBundle } from './open-bundle.ts';
import { toolsOfBundle } from './tools.ts';

export type BundleCheck = {
  readonly files: number;
  /** What is malformed, each with its file and the place. */
  readonly problems: readonly string[];
  /** Files that the format does not know: they are ignored. */
  readonly ignored: readonly string[];
};

/** Paths of the format. */
const known: readonly RegExp[] = [
  /^(bundle|alert|coverage|alerts|monitors|topology|changes|probes)\.json$/,
  /^kubernetes\/[^/]+\.json$/,
  /^kubernetes\/manifests\/.+\.ya?ml$/,
  /^logs\/[^/]+\/[^/]+\/[^/]+\.log$/,
  /^logs\/[^/]+\/[^/]+\.patterns\.json$/,
  /^logs\/[^/]+\.ndjson$/,
  /^metrics\/([^/]+\.om|series\.json)$/,
  /^traces\/[^/]+\.ndjson$/,
  /^hosts\/[^/]+\/units\.json$/,
  /^cloud\/[^/]+\.json$/,
  /^notes\/.+\.md$/,
];

/** Questions that make every file be read, as a diagnosis would read it. */
function questions(bundle: Bundle): Omit<ToolCall, 'why'>[] {
  const { cluster, capturedAt } = bundle.info;
  const ask = (server: string, tool: string, args: Readonly<Record<string, unknown>> = {}) => ({
    ...{ server, tool, arguments: { ...args } },
  });
  const kinds = kindsIn(bundle);
  const all = { emitter: {} };
  return [
    ...kinds.map((kind) => ask('kubernetes', 'kubernetes_list_objects', { cluster, kinds: [kind] })),
    ...(kinds.length === 0 ? [] : [ask('kubernetes', 'kubernetes_list_events', { cluster })]),
    ask('changes', 'changes', { from: '1970-01-01T00:00:00Z', to: capturedAt }),
    ask('topology', 'topology_edges'),
    ask('logs', 'logs_patterns', all),
    ask('prometheus', 'metrics_list_series', all),
    ask('prometheus', 'monitors'),
    ask('alertmanager', 'alerts_active'),
    ask('traces', 'traces_window'),
    ask('hosts', 'host_units'),
    ask('probes', 'probe_results'),
    ask('cloud', 'cloud_resources'),
    ask('cloud', 'cloud_events'),
    ask('cloud', 'cloud_insights'),
    ask('context', 'coverage'),
    ask('context', 'notes'),
    ask('context', 'manifests'),
  ];
}

/** A gap that is no problem of the format: something that was not recorded, or that somebody said was not. */
function isMissing(gap: string, bundle: Bundle): boolean {
  return gap.endsWith('not in the bundle') || bundle.info.gaps.includes(gap);
}

const secretSchema = z.looseObject({
  kind: z.string().optional(),
  metadata: z.looseObject({ name: z.string() }),
  data: z.record(z.string(), z.unknown()).nullish(),
  stringData: z.record(z.string(), z.unknown()).nullish(),
});
const secretsSchema = z.looseObject({ items: z.array(z.unknown()).nullish() });

function holdsValue(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && !value.startsWith('[redacted:');
}

/** Values of Secrets do not belong into a bundle. They are dropped when it is read, and told here. */
async function secretsWithValues(bundle: Bundle): Promise<string[]> {
  const path = 'kubernetes/secrets.json';
  // A file that is malformed has been told of.
  const list = secretsSchema.safeParse(await bundle.json(path).catch(() => undefined)).data;
  return (list?.items ?? []).flatMap((raw) => {
    const secret = secretSchema.safeParse(raw).data;
    const values = Object.values({ ...secret?.data, ...secret?.stringData });
    return values.some(holdsValue)
      ? [`${path}: Secret ${secret?.metadata.name ?? '?'} holds values; they are not read, remove them`]
      : [];
  });
}

async function alertProblem(bundle: Bundle): Promise<string[]> {
  try {
    await alertOfBundle(bundle);
    return [];
  } catch (error) {
    if (!(error instanceof UnderstudyError)) throw error;
    return [messageOf(error)];
  }
}

/**
 * Reads everything that a bundle holds, as a diagnosis would, and says what is malformed and where. Throws `not-found` without
 * a bundle, `bad-input` for a malformed `bundle.json`.
 */
export async function checkBundle(folder: string, signal: AbortSignal): Promise<BundleCheck> {
  const bundle = await openBundle(folder);
  const { call } = callDirectly(toolsOfBundle(bundle), { asOf: bundle.info.capturedAt, signal });
  const gaps: string[] = [];
  for (const question of questions(bundle)) {
    const evidence = await call({ ...question, why: 'check' });
    gaps.push(...evidence.gaps.filter((gap) => !isMissing(gap, bundle)));
  }
  // Objects' gaps begin with the kind, so that nobody takes it for read; the file says it again.
  const told = gaps.map((gap) => gap.replace(/^[a-z0-9.-]+: (?=kubernetes\/)/, ''));
  return {
    files: bundle.paths.length,
    problems: [...new Set([...(await alertProblem(bundle)), ...told, ...(await secretsWithValues(bundle))])],
    ignored: bundle.paths.filter((path) => !known.some((form) => form.test(path))),
  };
}
