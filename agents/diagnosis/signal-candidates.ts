import type { CauseCode } from '#domain/causes/codes.ts';
import type { Quote } from '#domain/diagnosis.ts';
import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import {
  closeness,
  configEdits,
  describeChanges,
  lastRollout,
  type Rollout,
} from '../analysis/change-attribution.ts';
import { appliedData, configMapsOf } from '../analysis/kubernetes/config-sources.ts';
import type { Facet } from '../analysis/kubernetes/revisions.ts';
import { quoteField } from '../analysis/quoting.ts';
import type { Reading } from '../analysis/signals.ts';
import type { Candidate } from './candidate.ts';
import type { CaseFile } from './case-file.ts';
import { configBack, moreCpu } from './direct-fixes.ts';
import { logCandidates } from './log-candidates.ts';
import { describeReading, quoteReading } from './readings.ts';
import { baseOf, type Suspect, suspectOf, suspectServices } from './suspects.ts';

function has(suspect: Suspect, signal: Reading['info']['signal']): boolean {
  return suspect.worse.some(({ info }) => info.signal === signal);
}

function symptoms(suspect: Suspect): string[] {
  return suspect.worse.slice(0, 2).map((reading) => `${describeReading(reading)}.`);
}

/** The part of a rollout that explains the signals best, as a cause. */
function causeOfRollout(suspect: Suspect, rollout: Rollout): CauseCode {
  const facets = new Set<Facet>(rollout.changes.map(({ facet }) => facet));
  const released = facets.has('image') || isNewVersion(rollout);
  if (released) return 'application.bad-release';
  if (facets.has('resources') && (has(suspect, 'throttling') || has(suspect, 'latency')))
    return 'resource.cpu-throttled';
  if (facets.has('environment') || facets.has('volumes')) return 'config.env-wrong';
  if (facets.has('command')) return 'config.value-invalid';
  return 'application.bad-release';
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

function rolloutCandidate(suspect: Suspect): Candidate[] {
  const { file, workload, onset, service } = suspect;
  const rollout = workload === undefined ? undefined : lastRollout(file.snapshot, workload);
  const near = rollout === undefined ? 0 : closeness(rollout.at, onset);
  if (rollout === undefined || near < 0.3) return [];
  const split = versionSplit(suspect);
  const code = causeOfRollout(suspect, rollout);
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
        `It began ${lead < 0 ? 'with' : `${lead} s after`} the rollout of revision ${rollout.current.revision} of ${service} at ${rollout.at} (${describeChanges(rollout.changes)}); before it, revision ${rollout.former.revision} was fine.`,
        ...(split === undefined ? [] : [split.sentence]),
      ],
      evidence: [...rollout.evidence.slice(0, 2), ...(split?.evidence ?? []), ...base.evidence],
      fixHint: { facets },
      rollout,
      change: rollout.change?.id,
    },
  ];
}

/** A share of its time in which a container that is slow for it waits for CPU. */
const throttledShare = 0.25;

function throttlingCandidate(suspect: Suspect): Candidate[] {
  const { file, service, workload } = suspect;
  const reading = file.readings
    .filter((candidate) => candidate.service === service && candidate.info.signal === 'throttling')
    .toSorted((a, b) => (b.now ?? 0) - (a.now ?? 0))[0];
  if (
    workload === undefined ||
    reading?.now === undefined ||
    (reading.now < throttledShare && !reading.moved)
  )
    return [];
  if (!has(suspect, 'latency') && !has(suspect, 'errors')) return [];
  const rollout = lastRollout(file.snapshot, workload);
  const brought =
    rollout !== undefined &&
    closeness(rollout.at, suspect.onset) > 0.3 &&
    rollout.changes.some(({ facet }) => facet === 'resources')
      ? rollout
      : undefined;
  const limit = workload.spec?.template?.spec?.containers[0]?.resources?.limits?.cpu;
  const base = baseOf(suspect);
  return [
    {
      ...base,
      code: 'resource.cpu-throttled',
      certainty: brought === undefined ? 0.78 : 0.93,
      reasons: [
        ...symptoms(suspect),
        `Its containers are held back: ${describeReading(reading)}${limit === undefined ? '' : `, with a CPU limit of ${limit}`}.`,
        ...(brought === undefined
          ? []
          : [
              `Revision ${brought.current.revision} at ${brought.at} changed ${describeChanges(brought.changes)}.`,
            ]),
      ],
      evidence: [
        ...quoteReading(reading, 0.7),
        ...quoteField(workload, '.spec.template.spec.containers[].resources.limits.cpu', limit, 0.4),
        ...(brought?.evidence.slice(0, 1) ?? []),
        ...base.evidence,
      ],
      fixHint: { facets: ['resources'], ...moreCpu(workload) },
      rollout: brought,
      change: brought?.change?.id,
    },
  ];
}

/** A ConfigMap that the suspect reads was changed shortly before. */
function configCandidates(suspect: Suspect): Candidate[] {
  const { file, workload, onset } = suspect;
  if (workload === undefined) return [];
  const attached = configMapsOf(file.snapshot, workload.ref.namespace, workload.spec?.template);
  return configEdits(file.snapshot, onset)
    .filter(({ configMap }) => attached.includes(configMap))
    .map(({ configMap, at }) => {
      const applied = appliedData(configMap);
      const different = Object.keys(applied).filter((key) => configMap.data[key] !== applied[key]);
      const base = baseOf(suspect);
      return {
        ...base,
        object: configMap.ref,
        code: 'config.value-invalid' as const,
        certainty: 0.62 * closeness(at, onset) + (different.length > 0 ? 0.15 : 0),
        reasons: [
          ...symptoms(suspect),
          `${formatObject(configMap.ref)}, which it reads, was changed at ${at}${different.length === 0 ? '' : ` (${different.join(', ')})`}.`,
        ],
        evidence: [
          ...quoteField(
            configMap,
            `.data.${different[0] ?? ''}`,
            configMap.data[different[0] ?? ''] ?? configMap.ref.name,
            0.5,
          ),
          ...base.evidence,
        ],
        through: [workload.ref],
        fixHint: configBack(configMap, workload, file.view.asOf),
      };
    });
}

function loadCandidates(suspect: Suspect): Candidate[] {
  const base = baseOf(suspect);
  const full = suspect.file.readings.find(
    ({ service, info, now }) =>
      service === suspect.service &&
      info.signal === 'saturation' &&
      info.unit === 'ratio' &&
      (now ?? 0) >= 0.92,
  );
  const surge = suspect.worse.find(
    ({ info, before, now }) => info.signal === 'traffic' && before !== undefined && (now ?? 0) > 2 * before,
  );
  return [
    ...(full === undefined
      ? []
      : [
          {
            ...base,
            code: /memory/i.test(full.info.name)
              ? ('resource.memory-saturated' as const)
              : /cpu/i.test(full.info.name)
                ? ('resource.cpu-saturated' as const)
                : ('resource.other' as const),
            certainty: 0.55,
            reasons: [...symptoms(suspect), `${describeReading(full)}.`],
            evidence: [...quoteReading(full, 0.6), ...base.evidence],
          },
        ]),
    ...(surge === undefined
      ? []
      : [
          {
            ...base,
            code: 'traffic.surge' as const,
            certainty: 0.5,
            reasons: [...symptoms(suspect), `${describeReading(surge)}.`],
            evidence: [...quoteReading(surge, 0.6), ...base.evidence],
          },
        ]),
  ];
}

/** Something is wrong there, and nothing says what: said as such, so that a person knows where to look. */
function plainCandidate(suspect: Suspect): Candidate[] {
  const base = baseOf(suspect);
  if (base.evidence.length === 0) return [];
  const outside = suspect.workload === undefined && suspect.file.snapshot.kindsRead.has('deployments');
  const slow = has(suspect, 'latency') && !has(suspect, 'errors');
  const code: CauseCode = outside
    ? slow
      ? 'dependency.external-slow'
      : 'dependency.external-down'
    : slow
      ? 'application.latency'
      : 'application.exception';
  return [
    {
      ...base,
      code,
      certainty: 0.42,
      reasons: [
        ...symptoms(suspect),
        `${suspect.service} is the deepest service that is disturbed; nothing tells why.`,
      ],
    },
  ];
}

/** Causes that signals, changes and logs suggest for the services where the trouble can have begun. */
export function signalCandidates(file: CaseFile): Candidate[] {
  return suspectServices(file)
    .map((service) => suspectOf(file, service))
    .flatMap((suspect) => [
      ...rolloutCandidate(suspect),
      ...throttlingCandidate(suspect),
      ...configCandidates(suspect),
      ...logCandidates(suspect),
      ...loadCandidates(suspect),
      ...plainCandidate(suspect),
    ])
    .filter(({ evidence }) => evidence.length > 0);
}
