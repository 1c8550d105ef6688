import { z } from 'zod';
import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import {
  conditionsSchema,
  listOf,
  maybe,
  type Seen,
  seenObject,
  timeOf,
} from '../analysis/kubernetes/partial.ts';
import { perSnapshot } from '../analysis/kubernetes/per-snapshot.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

/** Whoever holds an object back for its tidying up is done within this time, mostly within seconds. */
const patienceSeconds = 900;

/** Finalizers that wait for users by design, and that their controllers take off when the last one is gone. */
const protecting = /^kubernetes\.io\/pvc?-protection$|^foregroundDeletion$/;

const schema = z.looseObject({
  metadata: z.looseObject({ finalizers: listOf(z.string()) }),
  status: maybe(z.looseObject({ conditions: conditionsSchema })),
});

const codes: readonly (readonly [kind: RegExp, code: CauseCode])[] = [
  [/^PersistentVolume(Claim)?$|^Volume/, 'storage.other'],
  [/^Service$/, 'service.other'],
  [/^(Ingress|Gateway|HTTPRoute|TargetGroupBinding)$/, 'routing.other'],
  [/^Node$/, 'node.other'],
];

/** Objects that are on their way out, but for pods: of those their own analyzer tells. */
const leaving = perSnapshot((snapshot) =>
  [...snapshot.objects].flatMap(([kind, found]) =>
    kind === 'Pod'
      ? []
      : found.filter(({ object }) => timeOf(object.metadata.deletionTimestamp) !== undefined),
  ),
);

function findingOf(snapshot: Snapshot, seen: Seen): Finding[] {
  const since = timeOf(seen.raw.metadata.deletionTimestamp);
  if (since === undefined || secondsBetween(since, snapshot.asOf) < patienceSeconds) return [];
  const { metadata, status } = schema.parse(seen.raw);
  // Of a namespace the API server says what is left in it.
  const left = (status?.conditions ?? []).find(
    ({ type, status: state }) =>
      state === 'True' && /^Namespace(FinalizersRemaining|ContentRemaining|Deletion\w+Failure)$/.test(type),
  );
  const [holder] = metadata.finalizers;
  const isNamespace = seen.ref.kind === 'Namespace';
  if (holder === undefined && !isNamespace) return [];
  const byDesign = !isNamespace && metadata.finalizers.every((one) => protecting.test(one));
  const held = isNamespace
    ? (left?.message ?? 'something in it is held back')
    : `the finalizers ${metadata.finalizers.join(', ')} hold it`;
  return [
    {
      object: seen.ref,
      code: codes.find(([kind]) => kind.test(seen.ref.kind))?.[1] ?? 'workload.other',
      severity: byDesign ? 'info' : 'warning',
      message: `${formatObject(seen.ref)} should be gone since ${since}: ${held}`,
      evidence: [
        ...quoteField(seen, `.status.conditions[${left?.type ?? ''}].message`, left?.message, 0.6),
        ...quoteField(seen, '.metadata.deletionTimestamp', since, 0.5),
        ...quoteField(seen, '.metadata.finalizers', holder, 0.5),
      ],
      certainty: 0.7,
      consequence: false,
      since,
    },
  ];
}

/** Objects that were deleted and do not go: a controller that should tidy up after them does not. */
export const terminating = defineAnalyzer({
  name: 'terminating',
  kind: 'Namespace',
  analyze: (snapshot) =>
    leaving(snapshot).flatMap(({ evidenceId, object }) =>
      findingOf(snapshot, seenObject(snapshot.cluster, evidenceId, object)),
    ),
});
