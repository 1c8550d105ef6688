import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject } from '#domain/object-ref.ts';
import { kubernetesListObjects } from '#domain/tools/kubernetes.ts';
import { configEdits, describeChanges, lastRollout } from '../analysis/change-attribution.ts';
import { appliedData, configMapsOf } from '../analysis/kubernetes/config-sources.ts';
import { entityOf } from '../analysis/kubernetes/entities.ts';
import { quoteField } from '../analysis/quoting.ts';
import { loweredLimits } from '../analysis/resource-changes.ts';
import type { Reading } from '../analysis/signals.ts';
import { answersOf } from '../answers.ts';
import { symptomsToldOf } from './alert-kind.ts';
import type { Candidate } from './candidate.ts';
import type { CaseFile } from './case-file.ts';
import { configBack, moreCpu } from './direct-fixes.ts';
import { logCandidates } from './log-candidates.ts';
import { describeReading, quoteReading } from './readings.ts';
import { rolloutCandidate } from './rollout-candidate.ts';
import { memoryCode } from './series-causes.ts';
import { baseOf, has, type Suspect, suspectOf, suspectServices, symptoms } from './suspects.ts';
import { blame } from './timing.ts';

/** A share of its time in which a container that is slow for it waits for CPU. */
const throttledShare = 0.25;

/** Throttled more than before; what was throttled all the time is not slow for it now. */
function isHeldBack(reading: Reading): boolean {
  return reading.moved || (reading.before === undefined && (reading.now ?? 0) >= throttledShare);
}

function throttlingCandidate(suspect: Suspect): Candidate[] {
  const { file, service, workload } = suspect;
  const reading = file.readings
    .filter((candidate) => candidate.service === service && candidate.info.signal === 'throttling')
    .toSorted((a, b) => (b.now ?? 0) - (a.now ?? 0))[0];
  if (workload === undefined || reading?.now === undefined || !isHeldBack(reading)) return [];
  if (!has(suspect, 'latency') && !has(suspect, 'errors')) return [];
  const rollout = lastRollout(file.snapshot, workload);
  const brought =
    rollout !== undefined &&
    blame(file, rollout.at, suspect.onset) > 0.3 &&
    loweredLimits(rollout.changes).has('cpu')
      ? rollout
      : undefined;
  const containers = workload.spec?.template?.spec?.containers ?? [];
  const held = containers.find(({ name }) => name === reading.info.emitter.container) ?? containers[0];
  const limit = held?.resources?.limits?.cpu;
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
      fixHint: { facets: ['resources'], ...moreCpu(workload, reading.info.emitter.container) },
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
        certainty: 0.62 * blame(file, at, onset) + (different.length > 0 ? 0.15 : 0),
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

function fullCode(full: Reading): CauseCode {
  if (full.measure === 'memory') return memoryCode(full);
  return full.measure === 'cpu' ? 'resource.cpu-saturated' : 'resource.other';
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
            code: fullCode(full),
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

/** True where a service is none of the cluster's: no Service of its name was seen wherever that could be. */
function isOutside({ file, service, workload }: Suspect): boolean {
  const { snapshot, view } = file;
  if (workload !== undefined || !snapshot.kindsRead.has('services')) return false;
  if (entityOf(snapshot, service, view.services).services.length > 0) return false;
  const everywhere = answersOf(view, kubernetesListObjects).some(
    ({ input }) =>
      input.cluster === snapshot.cluster && input.namespace === undefined && input.kinds.includes('services'),
  );
  return everywhere && snapshot.kindsRead.has('deployments');
}

/** Something is wrong there, and nothing says what: said as such, so that a person knows where to look. */
function plainCandidate(suspect: Suspect): Candidate[] {
  const base = baseOf(suspect);
  if (base.evidence.length === 0) return [];
  const outside = isOutside(suspect);
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
      // That none of ours answers to the name is more than a place.
      certainty: outside ? 0.55 : 0.42,
      reasons: [
        ...symptoms(suspect),
        `${suspect.service} is the deepest service that is disturbed; nothing tells why.`,
      ],
    },
  ];
}

/** Another symptom than the one that the alert tells of counts less. */
const otherSymptomFactor = 0.75;

/** Causes that signals, changes and logs suggest for the services where the trouble can have begun. */
export function signalCandidates(file: CaseFile): Candidate[] {
  const told = symptomsToldOf(file);
  return [...suspectServices(file)]
    .flatMap(([service, symptoms]) => {
      const suspect = suspectOf(file, service);
      const fits = told.size === 0 || [...symptoms].some((symptom) => told.has(symptom));
      const candidates = [
        ...rolloutCandidate(suspect),
        ...throttlingCandidate(suspect),
        ...configCandidates(suspect),
        ...logCandidates(suspect),
        ...loadCandidates(suspect),
        ...plainCandidate(suspect),
      ];
      return candidates.map((candidate) => ({
        ...candidate,
        certainty: candidate.certainty * (fits ? 1 : otherSymptomFactor),
      }));
    })
    .filter(({ evidence }) => evidence.length > 0);
}
