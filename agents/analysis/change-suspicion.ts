import { type Instant, secondsBetween, toMs } from '#domain/time.ts';
import type { Change } from '#domain/tools/changes.ts';
import type { GradualRelease } from './canary.ts';

/**
 * Which recorded change can have brought a trouble: one that took effect just before it began, where it began. A change of
 * the right service at the wrong time is not it, nor one at the right time somewhere else; that none was it is an answer.
 * The order of what is weighed follows the study of change-induced incidents of Chen et al., "An Empirical Investigation of
 * Incidents in Online Service Systems" (ICSE 2019): place, time, and what was changed.
 */
export type ChangeContext = {
  readonly changes: readonly Change[];
  /** Services that are known to be there. */
  readonly services: readonly string[];
  /** When the trouble began. */
  readonly onset: Instant;
  /** How much later than it began it may have been seen: the step of what was recorded. */
  readonly blurSeconds: number;
  /** How likely the trouble began in a service, 0..1; undefined where nothing is known of it. */
  readonly placeOf: (service: string) => number | undefined;
  /** Words of what is felt and said: of the alert, of failures, of metrics that moved. */
  readonly symptomWords: ReadonlySet<string>;
  /** True where something else is said to explain it. */
  readonly explainedOtherwise: boolean;
};

export type SuspiciousChange = {
  readonly change: Change;
  /** The service in which it took effect. */
  readonly service: string | undefined;
  /** When it took effect: a commit with the deploy that shipped it. */
  readonly tookEffectAt: Instant;
  readonly score: number;
  /** Seconds from its effect to the trouble. */
  readonly leadSeconds: number;
};

const endings = /(service|services|svc|server|api|app)$/;

/** `paymentservice`, `payment-svc` and the folder `payment` are one. */
export function plainServiceName(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  const short = plain.replace(endings, '');
  return short.length >= 3 ? short : plain;
}

function commitsOf({ details }: Change): string[] {
  const listed: unknown = details.commits;
  const many = Array.isArray(listed) ? listed : [];
  const ids = many.map((item: unknown) =>
    typeof item === 'object' && item !== null && 'id' in item
      ? item.id
      : typeof item === 'object' && item !== null && 'sha' in item
        ? item.sha
        : item,
  );
  return [...ids, details.commit].filter((id): id is string => typeof id === 'string' && id.length >= 7);
}

function ships(deploy: Change, commit: Change): boolean {
  return (
    deploy.kind === 'deploy' &&
    commitsOf(deploy).some((id) => id.startsWith(commit.id) || commit.id.startsWith(id))
  );
}

/** The services that a commit's files and words speak of, by folder, scope or name. */
function servicesTouched(change: Change, services: readonly string[]): string[] {
  if (change.service !== undefined) return [change.service];
  const folders = (change.files ?? []).flatMap((file) => file.split('/').slice(0, -1));
  const words = change.summary.toLowerCase().split(/[^a-z0-9_-]+/);
  const plain = new Set([...folders, ...words].filter((word) => word.length >= 3).map(plainServiceName));
  return services.filter((service) => plain.has(plainServiceName(service)));
}

type Effect = { readonly service: string | undefined; readonly at: Instant };

const rolloutWithinSeconds = 3600;

/**
 * Where and when a change took effect. A commit does so with the deploy that lists it; where none does, with the next one of
 * its service, which carries all that was committed before it.
 */
function effectOf(change: Change, { changes: all, services }: ChangeContext): Effect[] {
  if (change.kind !== 'commit') {
    const touched = servicesTouched(change, services);
    return (touched.length === 0 ? [undefined] : touched).map((service) => ({ service, at: change.at }));
  }
  const deploys = all.filter(({ kind }) => kind === 'deploy');
  const own = deploys.filter((deploy) => ships(deploy, change));
  if (own.length > 0) return own.map(({ service, at }) => ({ service, at }));
  const names = [...new Set([...deploys.flatMap(({ service }) => service ?? []), ...services])];
  return servicesTouched(change, names).map((service) => {
    const next = deploys
      .filter((deploy) => deploy.service === service && toMs(deploy.at) >= toMs(change.at))
      .toSorted((a, b) => toMs(a.at) - toMs(b.at))[0];
    const soon = next !== undefined && secondsBetween(change.at, next.at) <= rolloutWithinSeconds;
    return { service, at: soon ? next.at : change.at };
  });
}

const blurOfClocksSeconds = 15;

/** At this time the suspicion is half: most changes that hurt do so within minutes of taking effect. */
const halfAtSeconds = 1200;
/** What fills up slowly (memory, connections, a disk) may still be of a change of the same shift. */
const shiftSeconds = 6 * 3600;
const leastOfShift = 0.05;

/** How well a time before the trouble fits, 0..1. */
export function timeliness(leadSeconds: number, blurSeconds: number): number {
  const lead = Math.max(0, leadSeconds - blurSeconds);
  if (leadSeconds < -(blurSeconds + blurOfClocksSeconds)) return 0;
  return Math.max(1 / (1 + (lead / halfAtSeconds) ** 2), lead <= shiftSeconds ? leastOfShift : 0);
}

/** Files that no running program is made of. */
const inert =
  /(^|\/)(docs?|documentation|tests?|testdata|__tests__|\.github|\.circleci|\.gitlab|ci)\/|(_test|\.test|\.spec|_spec)\.[a-z]+$|\.(md|mdx|rst|txt|css|scss|svg|png)$|(^|\/)(CODEOWNERS|LICENSE|CHANGELOG|\.gitignore|\.editorconfig|\.golangci\.ya?ml)$/i;
const inertKinds = /^\W*(docs?|test|tests|ci|style|chore\(ci\))\b[(:!]/i;

function isInert({ kind, files, summary }: Change): boolean {
  if (kind !== 'commit') return false;
  return (
    inertKinds.test(summary) ||
    (files !== undefined && files.length > 0 && files.every((file) => inert.test(file)))
  );
}

/** Words that every text about services has. */
const common = new Set(
  'the and for with from this that service services error errors rate ratio above below request requests http server client latency p99 p95 p90 p50 seconds total code return func err nil null true false new var let const import string int type default value values name data get set add fix feat chore refactor perf test update use used using not more less than into over per'.split(
    ' ',
  ),
);

export function tellingWords(text: string): Set<string> {
  const split = text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return new Set(split.filter((word) => word.length >= 3 && !common.has(word) && !/^\d+$/.test(word)));
}

const textOf = ({ summary, diff, files, id }: Change) =>
  [summary, diff ?? '', ...(files ?? []), id].join(' ');

/** A list of changes is long, and each is compared with all: its words are looked for once. */
const wordsFound = new WeakMap<Change, ReadonlySet<string>>();

function wordsOfChange(change: Change): ReadonlySet<string> {
  const known = wordsFound.get(change) ?? tellingWords(textOf(change));
  wordsFound.set(change, known);
  return known;
}

/** How much of a change's words is said of the trouble as well, each word the more the fewer changes have it; 0..1. */
function relevance(change: Change, { changes, symptomWords }: ChangeContext): number {
  const shared = [...wordsOfChange(change)].filter((word) => symptomWords.has(word));
  const rarity = (word: string) =>
    1 / Math.max(1, changes.filter((other) => wordsOfChange(other).has(word)).length);
  return 1 - Math.exp(-shared.reduce((sum, word) => sum + rarity(word), 0));
}

/** Settings of the sort that make a program slow or fail when they are wrong. */
const perilous =
  /\b(timeout|deadline|ttl|retry|retries|backoff|pool|max[_-]?(conn|connections|open|idle|threads|size)|limit|concurrency|workers|threads|buffer|cache|batch|cpu|memory|heap|replicas?|port|host|url|endpoint|secret|password|token|cert|feature|flag|enabled|lock|mutex|transaction|index|query|select|loop|recursion|nil|null|panic|unwrap|sleep)\b/i;

const kindPart: Readonly<Record<Change['kind'], number>> = {
  deploy: 1,
  config: 1,
  flag: 0.9,
  commit: 1,
  scale: 0.8,
  infrastructure: 0.85,
};

const inertPart = 0.15;
/** So much a change's words must be those of the trouble for it to count beside another explanation. */
const relevantFrom = 0.3;
const explainedPart = 0.6;

/** A deploy is as suspicious as the worst that it ships, nearly: the commit says more precisely what it was. */
const shippedPart = 0.97;

function contentOf(change: Change, context: ChangeContext): number {
  const shipped = context.changes.filter((commit) => commit.kind === 'commit' && ships(change, commit));
  const worst = shipped.map((commit) => ownContentOf(commit, context) * shippedPart);
  return shipped.length === 0 ? ownContentOf(change, context) : Math.max(...worst);
}

/** What was changed, as far as it is told: whether it runs at all, speaks of what is felt, or is of the sort that hurts. */
function ownContentOf(change: Change, context: ChangeContext): number {
  if (isInert(change)) return inertPart;
  const relevant = relevance(change, context);
  const doubted = context.explainedOtherwise && relevant < relevantFrom ? explainedPart : 1;
  return doubted * (0.6 + 0.3 * relevant + (perilous.test(change.diff ?? '') ? 0.1 : 0));
}

/** What was changed nowhere in particular can have hurt anywhere; of a commit it is only not known where it went. */
const anywherePlace = 0.45;
const unknownPlace = 0.15;

/** All changes by how likely they brought the trouble, the likeliest first. */
export function suspiciousChanges(context: ChangeContext): SuspiciousChange[] {
  return context.changes
    .flatMap((change) => {
      const effects = effectOf(change, context);
      const judged = effects.map(({ service, at }) => {
        const leadSeconds = secondsBetween(at, context.onset);
        const place = service === undefined ? undefined : context.placeOf(service);
        const time = timeliness(leadSeconds, context.blurSeconds);
        const content = contentOf(change, context);
        const elsewhere =
          change.kind === 'infrastructure' && service === undefined ? anywherePlace : unknownPlace;
        const score = (place ?? elsewhere) * time * content * kindPart[change.kind];
        return { change, service, tookEffectAt: at, score, leadSeconds };
      });
      return judged.toSorted((a, b) => b.score - a.score).slice(0, 1);
    })
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || a.leadSeconds - b.leadSeconds);
}

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

/** A change as a gradual release, where it tells of its stages. */
export function gradualReleaseOf(change: Change): GradualRelease | undefined {
  const { steps, toVersion, version } = change.details;
  if (change.kind !== 'deploy' || change.service === undefined) return undefined;
  const stages = Array.isArray(steps)
    ? steps.filter((step): step is Record<string, unknown> => typeof step === 'object' && step !== null)
    : [];
  const told = toVersion ?? version;
  if (stages.length === 0 && toVersion === undefined) return undefined;
  return {
    service: change.service,
    at: change.at,
    toVersion: typeof told === 'string' ? told : undefined,
    createdPods: [change.details, ...stages].flatMap((stage) => strings(stage.createdPods)),
    deletedPods: [change.details, ...stages].flatMap((stage) => strings(stage.deletedPods)),
  };
}
