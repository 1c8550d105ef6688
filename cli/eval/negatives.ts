import type { Diagnosis } from '#domain/diagnosis.ts';
import { openBundle } from '#mcp-tools/bundle/open-bundle.ts';
import { type DiagnosedBundle, diagnoseFolders } from '../diagnose/diagnose-folders.ts';
import type { Label } from './labels.ts';
import type { Suite } from './open-suite.ts';
import { scoreOf } from './score.ts';
import { isRight } from './scorecard.ts';
import { type Part, partsOf } from './split.ts';

/**
 * What a diagnosis says where the fault cannot be known: `before` it began (bundles of series alone, for the state of objects
 * is of one moment), and with the `decisive` sources taken out, those that its own first answer quotes.
 */
export type NegativeKind = 'before' | 'decisive';

export type Negative = {
  readonly bundle: string;
  readonly kind: NegativeKind;
  readonly part: Part;
  readonly verdict: Diagnosis['verdict'];
  /** A fault was told that is none: any before it began, a wrong one without what decides it. */
  readonly falseFault: boolean;
  /** The gaps name what was taken out. */
  readonly gapNamed?: boolean;
};

/** Shares, 0..1. */
export type NegativeFigures = {
  readonly bundles: number;
  readonly falseFaults: number;
  readonly healthy: number;
  readonly unknown: number;
  /** Of those that are unknown. */
  readonly gapNamed?: number;
};

export type NegativesCard = {
  readonly suite: string;
  readonly figures: Partial<Record<NegativeKind, Partial<Record<Part, NegativeFigures>>>>;
  /** False faults of the part that may be looked at. */
  readonly falseFaults: readonly { readonly bundle: string; readonly kind: NegativeKind }[];
};

/** The files of a bundle that a quote's source stands for, as beginnings of paths. */
const filesOf: Readonly<Record<string, string>> = {
  kubernetes: 'kubernetes/',
  prometheus: 'metrics/',
  logs: 'logs/',
  traces: 'traces/',
  changes: 'changes',
  cloud: 'cloud/',
  hosts: 'hosts',
  probes: 'probes',
  topology: 'topology',
};

function decisiveFiles({ hypotheses }: Diagnosis): string[] {
  const sources = new Set(hypotheses[0]?.evidence.map(({ source }) => source) ?? []);
  return [...sources].flatMap((source) => filesOf[source] ?? []);
}

type Case = { readonly folder: string; readonly label: Label; readonly part: Part };
type More = {
  readonly without?: readonly string[];
  readonly beforeMs?: number;
  readonly signal: AbortSignal;
};

async function diagnosed(folder: string, more: More): Promise<DiagnosedBundle> {
  for await (const one of diagnoseFolders([folder], more)) return one;
  throw new Error(`${folder}: was not diagnosed`);
}

async function before({ folder, label, part }: Case, more: More): Promise<Negative[]> {
  const { paths } = await openBundle(folder);
  if (paths.some((path) => /^(kubernetes|cloud)\//.test(path))) return [];
  const { diagnosis } = await diagnosed(folder, more);
  const { verdict } = diagnosis;
  return [{ bundle: label.bundle, kind: 'before', part, verdict, falseFault: verdict === 'fault' }];
}

async function withoutDecisive({ folder, label, part }: Case, signal: AbortSignal): Promise<Negative[]> {
  const whole = await diagnosed(folder, { signal });
  const without = decisiveFiles(whole.diagnosis);
  if (without.length === 0) return [];
  const left = await diagnosed(folder, { without, signal });
  const { verdict, gaps } = left.diagnosis;
  const names = without.map((path) => path.replace('/', ''));
  return [
    {
      ...{ bundle: label.bundle, kind: 'decisive', part, verdict },
      falseFault: verdict === 'fault' && !isRight(scoreOf(label, part, left), 1),
      gapNamed: names.every((name) => gaps.some((gap) => gap.includes(name))),
    },
  ];
}

function figuresOf(all: readonly Negative[]): NegativeFigures {
  const share = (holds: (one: Negative) => boolean, of = all) =>
    of.length === 0 ? 0 : of.filter(holds).length / of.length;
  const unknown = all.filter(({ verdict, gapNamed }) => verdict === 'unknown' && gapNamed !== undefined);
  return {
    bundles: all.length,
    falseFaults: share(({ falseFault }) => falseFault),
    healthy: share(({ verdict }) => verdict === 'healthy'),
    unknown: share(({ verdict }) => verdict === 'unknown'),
    ...(unknown.length === 0 ? {} : { gapNamed: share(({ gapNamed }) => gapNamed === true, unknown) }),
  };
}

export function negativesCard(suite: string, negatives: readonly Negative[]): NegativesCard {
  const byKind = [...Map.groupBy(negatives, ({ kind }) => kind)].map(([kind, all]) => {
    const byPart = [...Map.groupBy(all, ({ part }) => part)];
    return [kind, Object.fromEntries(byPart.map(([part, members]) => [part, figuresOf(members)]))];
  });
  return {
    suite,
    figures: Object.fromEntries(byKind),
    falseFaults: negatives
      .filter(({ falseFault, part }) => falseFault && part === 'tune')
      .map(({ bundle, kind }) => ({ bundle, kind })),
  };
}

/** Diagnoses every bundle with a fault where the fault cannot be known. */
export async function runNegatives(
  suite: Suite,
  options: { readonly part?: Part | undefined; readonly beforeMs: number; readonly signal: AbortSignal },
): Promise<NegativesCard> {
  const { beforeMs, signal } = options;
  const parts = await partsOf(suite.cases.map(({ label }) => label));
  const cases = suite.cases
    .map((one): Case => ({ ...one, part: parts.get(one.label.bundle) ?? 'tune' }))
    .filter(({ label, part }) => label.verdict === 'fault' && (options.part ?? part) === part);
  const negatives: Negative[] = [];
  for (const one of cases) {
    negatives.push(...(await before(one, { beforeMs, signal })), ...(await withoutDecisive(one, signal)));
  }
  return negativesCard(suite.name, negatives);
}
