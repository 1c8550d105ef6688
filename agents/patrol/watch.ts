import type { PatrolSighting, PatrolWatch } from '#domain/patrol.ts';
import { type Instant, secondsBetween } from '#domain/time.ts';

/** What has been so for longer is an old wound: people know it, and nothing new has happened. */
const newsSeconds = 3600;
/** A signal that is bad for a moment is no trouble. */
const signalLastsSeconds = 60;
/** What comes back sooner never was away. */
const awaySeconds = { fault: 600, signal: 600, forecast: 86_400 } as const satisfies Readonly<
  Record<PatrolSighting['kind'], number>
>;

/** One look of a patrol: what it saw, and of what it can say that it is not there. */
export type Look = {
  readonly at: Instant;
  readonly sightings: readonly PatrolSighting[];
  /** Clusters of which everything of a kind was looked at: what is missing there has ended. */
  readonly seenWhole: Readonly<Record<PatrolSighting['kind'], readonly string[]>>;
};

function isBack({ goneAt, sighting }: PatrolWatch, at: Instant): boolean {
  return goneAt !== undefined && secondsBetween(goneAt, at) >= awaySeconds[sighting.kind];
}

function watchOf(
  sighting: PatrolSighting,
  known: PatrolWatch | undefined,
  at: Instant,
  isFirstLook: boolean,
): PatrolWatch {
  if (known === undefined || isBack(known, at)) {
    return { sighting, firstSeenAt: at, lastSeenAt: at, looks: 1, isOld: isFirstLook };
  }
  const { goneAt: _gone, ...rest } = known;
  return { ...rest, sighting, lastSeenAt: at, looks: known.looks + 1 };
}

/**
 * The memory of patrols after a look. What is seen again is the same trouble; what is not seen where everything was looked
 * at has gone, and is new when it comes back later.
 * @param isFirstLook nothing is known of the time before: what does not say since when it is so was there
 */
export function remember(
  known: readonly PatrolWatch[],
  { at, sightings, seenWhole }: Look,
  isFirstLook: boolean,
): PatrolWatch[] {
  const byKey = new Map(known.map((watch) => [watch.sighting.key, watch]));
  const seen = new Map(sightings.map((sighting) => [sighting.key, sighting]));
  const missing = known
    .filter(({ sighting }) => !seen.has(sighting.key))
    .map((watch) =>
      watch.goneAt === undefined && seenWhole[watch.sighting.kind].includes(watch.sighting.object.cluster)
        ? { ...watch, goneAt: at }
        : watch,
    );
  return [
    ...[...seen.values()].map((sighting) => watchOf(sighting, byKey.get(sighting.key), at, isFirstLook)),
    ...missing,
  ];
}

/** Whether an incident is due for it: new, felt, no passing state, and nobody was told before. */
export function isNews(watch: PatrolWatch, at: Instant): boolean {
  const { sighting, firstSeenAt, isOld, reportedAt, goneAt } = watch;
  if (reportedAt !== undefined || goneAt !== undefined || !sighting.isFelt) return false;
  switch (sighting.kind) {
    case 'forecast':
      return true;
    case 'signal':
      return secondsBetween(firstSeenAt, at) >= signalLastsSeconds;
    case 'fault':
      if (sighting.since !== undefined) return secondsBetween(sighting.since, at) < newsSeconds;
      return !isOld && secondsBetween(firstSeenAt, at) < newsSeconds;
  }
}
