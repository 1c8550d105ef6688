import { diffDigest } from '#domain/actions/args-hash.ts';
import { actionNamed } from '#domain/actions/catalogue.ts';
import type {
  ActionDefinition,
  ActionSituation,
  ActionWrite,
  InverseCall,
} from '#domain/actions/define-action.ts';
import { type FieldChange, pointer } from '#domain/actions/json-patch.ts';
import { errorCodeOf, messageOf } from '#domain/errors.ts';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { holdsRedactionMark } from '#domain/redaction-mark.ts';
import type { RiskClass } from '#domain/risk.ts';
import type { Cluster, Clusters } from '../kubernetes/clusters.ts';
import { shownChanges, transportable } from './secrets.ts';
import { readRevisions, readTarget, targetResource } from './targets.ts';
import { uidOf } from './write-request.ts';

/** A call of an action, as it comes in. */
export type ActionCall = {
  readonly action: string;
  readonly object: ObjectRef;
  readonly arguments: Readonly<Record<string, unknown>>;
};

/** A step as it would be taken on the world as it is now. */
export type PlannedStep = {
  readonly cluster: Cluster;
  readonly definition: ActionDefinition;
  readonly situation: ActionSituation;
  readonly write: ActionWrite;
  readonly targetUid: string;
  readonly changes: readonly FieldChange[];
  /** The changes as people are shown them. */
  readonly shown: readonly FieldChange[];
  readonly diffDigest: string;
  readonly riskClass: RiskClass;
  readonly inverse: InverseCall | undefined;
};

/** Why a step cannot be taken; nothing was changed. */
export type Refused = { readonly refused: string };

/** Everything of ours on an object is under this prefix: no step may write it by its arguments. */
const ownAnnotations = [
  pointer('metadata', 'annotations', 'understudy.dev/'),
  pointer('metadata', 'labels', 'understudy.dev/'),
];

function findDefinition(call: ActionCall): ActionDefinition | Refused {
  try {
    const definition = actionNamed(call.action);
    if (!definition.kinds.includes(call.object.kind)) {
      return {
        refused: `${call.action} is for ${definition.kinds.join(', ')}, not for a ${call.object.kind}`,
      };
    }
    targetResource(call.object);
    const parsed = definition.arguments.safeParse(call.arguments);
    if (parsed.success) return definition;
    const [issue] = parsed.error.issues;
    return { refused: `${call.action}: ${issue?.path.join('.') || 'arguments'}: ${issue?.message}` };
  } catch (error) {
    if (errorCodeOf(error) === 'bad-input') return { refused: messageOf(error) };
    throw error;
  }
}

function findCluster(clusters: Clusters, name: string): Cluster | Refused {
  if (clusters.names.includes(name)) return clusters.named(name);
  return { refused: `nothing may be written on cluster "${name}": no account for it is configured` };
}

/** A step that can be taken back by nothing is a destroying one, whatever its class. */
function riskOf(definition: ActionDefinition, risk: RiskClass, inverse: InverseCall | undefined): RiskClass {
  const cannotBeUndone =
    definition.undo === 'none' || (definition.undo === 'inverse' && inverse === undefined);
  return cannotBeUndone ? 'destroy' : risk;
}

function touchesOwnMarks(changes: readonly FieldChange[]): boolean {
  return changes.some((change) => ownAnnotations.some((prefix) => change.path.startsWith(prefix)));
}

/** The target as it is, or why it cannot be a target. */
async function readSituation(
  cluster: Cluster,
  object: ObjectRef,
  signal: AbortSignal,
): Promise<ActionSituation | Refused> {
  try {
    return await lookAt(cluster, object, signal);
  } catch (error) {
    if (errorCodeOf(error) === 'forbidden') return { refused: messageOf(error) };
    throw error;
  }
}

async function lookAt(
  cluster: Cluster,
  object: ObjectRef,
  signal: AbortSignal,
): Promise<ActionSituation | Refused> {
  const live = await readTarget(cluster.api, object, signal);
  if (live === undefined) return { refused: `there is no ${formatObject(object)}` };
  const { deletionTimestamp } = live.metadata;
  if (deletionTimestamp !== undefined && deletionTimestamp !== null) {
    return { refused: `${formatObject(object)} is being deleted already` };
  }
  return { live, revisions: await readRevisions(cluster.api, live, signal) };
}

/**
 * Works a call out against the live object: what would be written, how risky that is, and what takes it back. The same
 * world gives the same answer, which is what an approval binds to. Throws where the API server cannot be asked.
 */
export async function planStep(
  clusters: Clusters,
  call: ActionCall,
  signal: AbortSignal,
): Promise<PlannedStep | Refused> {
  const definition = findDefinition(call);
  if ('refused' in definition) return definition;
  const cluster = findCluster(clusters, call.object.cluster);
  if ('refused' in cluster) return cluster;
  const situation = await readSituation(cluster, call.object, signal);
  if ('refused' in situation) return situation;
  const write = definition.compile(call.arguments, situation);
  if ('refused' in write) return write;
  const changes = write.verb === 'patch' ? write.changes : [];
  if (touchesOwnMarks(changes)) return { refused: 'marks under understudy.dev/ are never written by a step' };
  if (changes.some(({ after }) => holdsRedactionMark(after))) {
    return {
      refused:
        'a new value holds the mark of a secret that was taken out: the mark would be written in its place',
    };
  }
  const shown = shownChanges(situation.live, changes);
  const inverse = transportable(situation.live, definition.inverse(call.arguments, changes, situation));
  return {
    cluster,
    definition,
    situation,
    write,
    targetUid: uidOf(situation.live),
    changes,
    shown,
    diffDigest: diffDigest(changes, shown),
    riskClass: riskOf(definition, definition.risk(call.arguments, situation), inverse),
    inverse,
  };
}
