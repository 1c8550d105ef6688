import { type ObjectRef, sameObject } from '#domain/object-ref.ts';
import { controllerRef, podsOf, workloadAt } from '../analysis/kubernetes/owners.ts';
import type { Candidate } from './candidate.ts';
import type { CaseFile } from './case-file.ts';

/** What objects that alerts name have to do with a candidate. */

function mounts({ snapshot }: CaseFile, ref: ObjectRef, claim: ObjectRef): boolean {
  const spec =
    workloadAt(snapshot, ref)?.spec?.template?.spec ??
    snapshot.pods.find((pod) => sameObject(pod.ref, ref))?.spec;
  return (
    ref.namespace === claim.namespace &&
    (spec?.volumes ?? []).some((volume) => volume.persistentVolumeClaim?.claimName === claim.name)
  );
}

function scales({ snapshot }: CaseFile, autoscaler: ObjectRef, ref: ObjectRef): boolean {
  return snapshot.autoscalers.some(
    (candidate) =>
      sameObject(candidate.ref, autoscaler) &&
      candidate.spec?.scaleTargetRef?.kind === ref.kind &&
      candidate.spec.scaleTargetRef.name === ref.name &&
      candidate.ref.namespace === ref.namespace,
  );
}

/** Who made it: a pod's workload or job, a job's schedule. */
function ownersOf({ snapshot }: CaseFile, ref: ObjectRef): ObjectRef[] {
  const pod = snapshot.pods.find((candidate) => sameObject(candidate.ref, ref));
  if (pod !== undefined) {
    const owner = controllerRef(snapshot, pod);
    return sameObject(owner, ref) ? [] : [owner];
  }
  const job = snapshot.jobs.find((candidate) => sameObject(candidate.ref, ref));
  return job?.ownedBy === undefined ? [] : [{ ...ref, ...job.ownedBy }];
}

function isAbout(file: CaseFile, ref: ObjectRef, named: ObjectRef): boolean {
  if (sameObject(ref, named)) return true;
  if (named.kind === 'PersistentVolumeClaim') return mounts(file, ref, named);
  if (named.kind === 'HorizontalPodAutoscaler') return scales(file, named, ref);
  const { snapshot } = file;
  // The pod of an alert leads to its workload, whatever else the workload's pods do.
  const pod = snapshot.pods.find((candidate) => sameObject(candidate.ref, named));
  if (pod !== undefined && sameObject(controllerRef(snapshot, pod), ref)) return true;
  const workload = named.kind === 'Pod' ? undefined : workloadAt(snapshot, named);
  if (workload !== undefined && podsOf(snapshot, workload).some((own) => sameObject(own.ref, ref)))
    return true;
  return ownersOf(file, ref).some((owner) => sameObject(owner, named));
}

/** True where a candidate's object, or one between it and whoever suffers, is what an alert names, or belongs to it. */
export function touchesNamed(file: CaseFile, { object, through }: Candidate): boolean {
  return [object, ...through].some((ref) => file.subject.objects.some((named) => isAbout(file, ref, named)));
}
