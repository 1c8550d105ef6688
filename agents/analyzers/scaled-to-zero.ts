import { formatObject } from '#domain/object-ref.ts';
import { formerReplicas } from '../analysis/kubernetes/former-replicas.ts';
import { hasReadyEndpoint, servicesOf } from '../analysis/kubernetes/ready-endpoints.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import type { Workload } from '../analysis/kubernetes/workload.ts';
import { quoteField } from '../analysis/quoting.ts';
import type { Finding, FixHint } from './define-analyzer.ts';

/** Labels and annotations of those who keep a workload at 0 and bring it up themselves when there is work. */
const keepers =
  /^(scaledobject\.keda\.sh|http\.keda\.sh|rollout\.argoproj\.io|serving\.knative\.dev|sablier)/;

function isKeptAtZero(snapshot: Snapshot, workload: Workload): boolean {
  const { ref, labels, annotations } = workload;
  const scalers = snapshot.autoscalers.filter(
    (autoscaler) =>
      autoscaler.ref.namespace === ref.namespace &&
      autoscaler.spec?.scaleTargetRef?.kind === ref.kind &&
      autoscaler.spec.scaleTargetRef.name === ref.name,
  );
  const marks = [labels, annotations, ...scalers.map((scaler) => scaler.labels)].flatMap(Object.keys);
  return (
    marks.some((mark) => keepers.test(mark)) ||
    scalers.some(({ ref: { name } }) => name.startsWith('keda-hpa-'))
  );
}

/**
 * A workload that wants no pods. Most that do are meant to: the old colour behind a shared Service, a job of last year, one
 * that is brought up when there is work. It is a fault where a scaling was seen lately and nobody else answers.
 */
export function scaledToZero(snapshot: Snapshot, workload: Workload): Finding[] {
  if (workload.spec?.replicas !== 0) return [];
  const former = formerReplicas(snapshot, workload);
  const services = servicesOf(snapshot, workload);
  const answered = services.some((service) => hasReadyEndpoint(snapshot, service));
  const fault = former.at !== undefined && !answered && !isKeptAtZero(snapshot, workload);
  const { replicas } = former;
  const fixHint: FixHint =
    !fault || replicas === undefined
      ? {}
      : {
          steps: [
            {
              action: 'scale',
              object: workload.ref,
              arguments: { replicas },
              why: `${formatObject(workload.ref)} goes back to ${replicas} replicas: ${former.known}`,
              undo: 'scale it to 0 again',
            },
          ],
        };
  return [
    {
      object: workload.ref,
      code: 'workload.scaled-to-zero',
      severity: !fault ? 'info' : services.length > 0 ? 'error' : 'warning',
      message: `${formatObject(workload.ref)} is scaled to 0 replicas${fault ? '' : ', as it may be meant to be'}`,
      evidence: [...former.evidence, ...quoteField(workload, '.spec.replicas', 0, 0.6)],
      certainty: former.at === undefined ? 0.85 : 0.95,
      consequence: false,
      ...(former.at === undefined ? {} : { since: former.at }),
      fixHint,
    },
  ];
}
