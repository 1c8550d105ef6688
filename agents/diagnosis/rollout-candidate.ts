import type { CauseCode } from '#domain/causes/codes.ts';
import type { Quote } from '#domain/diagnosis.ts';
import { secondsBetween } from '#domain/time.ts';
import { describeChanges, lastRollout, type Rollout } from '../analysis/change-attribution.ts';
import type { Facet } from '../analysis/kubernetes/revisions.ts';
import { loweredLimits } from '../analysis/resource-changes.ts';
import type { Candidate } from './candidate.ts';
import { describeReading, quoteReading } from './readings.ts';
import { baseOf, has, type Suspect, symptoms } from './suspects.ts';
import { blame } from './timing.ts';

/** Parts of a template that decide how an application answers. */
const behaviour: ReadonlySet<Facet> = new Set(['image', 'environment', 'volumes', 'command', 'ports']);

/** The part of a rollout that explains the signals best, as a cause; undefined where nothing that it changed could. */
function causeOfRollout(suspect: Suspect, rollout: Rollout): CauseCode | undefined {
  const facets = new Set<Facet>(rollout.changes.map(({ facet }) => facet));
  if (facets.has('image') || isNewVersion(rollout)) return 'application.bad-release';
  // Whom its pods ask for names was the whole of it, or nearly: what waits for an answer says no more than that it waits.
  if (facets.has('name-resolution')) return 'network.dns-config-wrong';
  const lowered = loweredLimits(rollout.changes);
  if (lowered.has('cpu') && (has(suspect, 'throttling') || has(suspect, 'latency'))) {
    return 'resource.cpu-throttled';
  }
  if (facets.has('environment') || facets.has('volumes')) return 'config.env-wrong';
  if (facets.has('command')) return 'config.value-invalid';
  if (lowered.has('memory')) return 'resource.memory-saturated';
  return [...facets].some((facet) => behaviour.has(facet)) || lowered.size > 0
    ? 'application.bad-release'
    : undefined;
}

/** A release may be told by its version label or variable alone, where the image's name stays. */
function isNewVersion(rollout: Rollout): boolean {
  const version = ({ template }: Rollout['current']) => [
    template.metadata?.labels?.['app.kubernetes.io/version'] ?? template.metadata?.labels?.version,
    ...(template.spec?.containers ?? []).flatMap(({ env }) =>
      env.filter(({ name }) => /(^|_)(version|release|build)$/i.test(name)).map(({ value }) => value),
    ),
  ];
  return JSON.stringify(version(rollout.current)) !== JSON.stringify(version(rollout.former));
}

type VersionSplit = { readonly sentence: string; readonly evidence: readonly Quote[] };

/** The newer version fails and the older one, at the same time or before, does not. */
function versionSplit(suspect: Suspect): VersionSplit | undefined {
  const own = suspect.file.readings.filter(
    ({ service, info }) =>
      service === suspect.service && info.signal === 'errors' && info.emitter.version !== undefined,
  );
  const ranked = own.filter(({ now }) => now !== undefined).toSorted((a, b) => (b.now ?? 0) - (a.now ?? 0));
  const [worst, next] = ranked;
  if (worst?.now === undefined || next?.now === undefined || worst.now < 0.02 || worst.now < 3 * next.now)
    return undefined;
  return {
    sentence: `Version ${worst.info.emitter.version} fails (${describeReading(worst)}), version ${next.info.emitter.version} does not (${describeReading(next)}).`,
    evidence: [...quoteReading(worst, 0.7), ...quoteReading(next, 0.4)],
  };
}

/** A rollout of the suspect that came shortly before its signals moved. */
export function rolloutCandidate(suspect: Suspect): Candidate[] {
  const { file, workload, onset, service } = suspect;
  const rollout = workload === undefined ? undefined : lastRollout(file.snapshot, workload);
  const near = rollout === undefined ? 0 : blame(file, rollout.at, onset);
  const code = rollout === undefined ? undefined : causeOfRollout(suspect, rollout);
  if (rollout === undefined || code === undefined || near < 0.3) return [];
  const split = versionSplit(suspect);
  const lead = Math.round(secondsBetween(rollout.at, onset));
  const facets: readonly Facet[] = rollout.changes.map(({ facet }) => facet);
  const base = baseOf(suspect);
  return [
    {
      ...base,
      code,
      certainty: Math.min(
        0.95,
        0.72 * near +
          (split === undefined ? 0.08 : 0.2) +
          (has(suspect, 'throttling') && code === 'resource.cpu-throttled' ? 0.1 : 0),
      ),
      reasons: [
        ...symptoms(suspect),
        `It began ${lead < 0 ? 'with' : `${lead} s after`} the rollout of revision ${rollout.current.revision} of ${service} at ${rollout.at} (${describeChanges(rollout.changes)}); before it there was revision ${rollout.former.revision}.`,
        ...(split === undefined ? [] : [split.sentence]),
      ],
      evidence: [...rollout.evidence.slice(0, 2), ...(split?.evidence ?? []), ...base.evidence],
      fixHint: { facets },
      rollout,
      change: rollout.change?.id,
    },
  ];
}
