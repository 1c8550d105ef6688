import { z } from 'zod';
import type { Quote } from '#domain/diagnosis.ts';
import type { Instant } from '#domain/time.ts';
import { quoteChange, quoteEvent } from '../quoting.ts';
import { changesOf } from '../recorded-changes.ts';
import { lastApplied } from './partial.ts';
import { eventsOf, type Snapshot } from './snapshot.ts';
import type { Workload } from './workload.ts';

/** How many replicas a workload had before it was scaled away, and how that is known. */
export type FormerReplicas = {
  /** Undefined where nobody knows. */
  readonly replicas: number | undefined;
  readonly known: string;
  readonly evidence: readonly Quote[];
  /** When it was scaled, where that is told. */
  readonly at?: Instant;
};

const appliedSchema = z.object({ spec: z.object({ replicas: z.int().min(1) }) });
const detailsSchema = z.looseObject({
  from: z.number().optional().catch(undefined),
  before: z
    .union([z.number(), z.looseObject({ replicas: z.number() })])
    .optional()
    .catch(undefined),
});

function bySnapshotEvent(snapshot: Snapshot, workload: Workload): FormerReplicas | undefined {
  for (const event of eventsOf(snapshot, workload.ref)) {
    const match = /Scaled down replica set \S+ (?:from (\d+) )?to 0/.exec(event.message);
    if (match === null) continue;
    const at = event.lastAt ?? event.firstAt;
    return {
      replicas: Number(match[1] ?? 0),
      known: 'the event of the scaling says so',
      evidence: quoteEvent(event, 0.7),
      ...(at === undefined ? {} : { at }),
    };
  }
  return undefined;
}

function byChange(snapshot: Snapshot, workload: Workload): FormerReplicas | undefined {
  const [change] = changesOf(snapshot.changes, workload.ref, ['scale']);
  if (change === undefined) return undefined;
  const details = detailsSchema.parse(change.details);
  const before = typeof details.before === 'object' ? details.before.replicas : details.before;
  const told = /from (\d+)/.exec(change.summary)?.[1];
  return {
    replicas: details.from ?? before ?? Number(told ?? 0),
    known: `change ${change.id} says so`,
    evidence: quoteChange(change, 0.6),
    at: change.at,
  };
}

function byObjects(snapshot: Snapshot, workload: Workload): FormerReplicas | undefined {
  const { kind, name, namespace } = workload.ref;
  const autoscaler = snapshot.autoscalers.find(
    ({ ref, spec }) =>
      ref.namespace === namespace && spec?.scaleTargetRef?.kind === kind && spec.scaleTargetRef.name === name,
  );
  const least = autoscaler?.spec?.minReplicas;
  if (least !== undefined && least > 0)
    return { replicas: least, known: 'its autoscaler asks for at least as many', evidence: [] };
  const applied = appliedSchema.safeParse(lastApplied(workload));
  if (applied.success)
    return { replicas: applied.data.spec.replicas, known: 'it was last applied so', evidence: [] };
  const kept = snapshot.replicaSets
    .filter(({ ref, ownedBy }) => ref.namespace === namespace && ownedBy?.name === name)
    .map(({ annotations }) => Number(annotations['deployment.kubernetes.io/desired-replicas'] ?? 0))
    .find((replicas) => replicas > 0);
  return kept === undefined
    ? undefined
    : { replicas: kept, known: 'an earlier ReplicaSet was meant for as many', evidence: [] };
}

/** The number of replicas to go back to. The moment comes from whoever told of the scaling. */
export function formerReplicas(snapshot: Snapshot, workload: Workload): FormerReplicas {
  const told = [bySnapshotEvent(snapshot, workload), byChange(snapshot, workload)].filter(
    (one) => one !== undefined,
  );
  const evidence = told.flatMap((one) => one.evidence);
  const at = told.map((one) => one.at).find((moment) => moment !== undefined);
  const best = told.find(({ replicas }) => (replicas ?? 0) > 0) ?? byObjects(snapshot, workload);
  return {
    replicas: best?.replicas,
    known: best?.known ?? 'the former number is not known',
    evidence: [...evidence, ...(best === undefined || told.includes(best) ? [] : best.evidence)],
    ...(at === undefined ? {} : { at }),
  };
}
