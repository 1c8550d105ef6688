import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { access } from './access.ts';
import { admission } from './admission.ts';
import { apiService } from './api-service.ts';
import { autoscaler } from './autoscaler.ts';
import { certificate } from './certificate.ts';
import { claim } from './claim.ts';
import { missingClaim } from './claim-references.ts';
import { controlPlane } from './control-plane.ts';
import { cronJob } from './cron-job.ts';
import { daemonSet } from './daemon-set.ts';
import type { Analyzer, Finding } from './define-analyzer.ts';
import { deployment } from './deployment.ts';
import { disruptionBudget } from './disruption-budget.ts';
import { eventsAlone } from './events-alone.ts';
import { gateway } from './gateway.ts';
import { gatewayWaiting } from './gateway-waiting.ts';
import { hostUnitsAnalyzer } from './host-units.ts';
import { ingress } from './ingress.ts';
import { job } from './job.ts';
import { limitRange } from './limit-range.ts';
import { networkPolicy } from './network-policy.ts';
import { node } from './node.ts';
import { olm } from './olm.ts';
import { openshiftRoute } from './openshift-route.ts';
import { otherWorkloads } from './other-workloads.ts';
import { podConfig } from './pod-config.ts';
import { podCrash } from './pod-crash.ts';
import { podEvicted } from './pod-evicted.ts';
import { podFailed } from './pod-failed.ts';
import { podImage } from './pod-image.ts';
import { podInit } from './pod-init.ts';
import { podNames } from './pod-names.ts';
import { podProbes } from './pod-probes.ts';
import { podReadiness } from './pod-readiness.ts';
import { podRejected } from './pod-rejected.ts';
import { podScheduling } from './pod-scheduling.ts';
import { podStuck } from './pod-stuck.ts';
import { pullSecret } from './pull-secret.ts';
import { quota } from './quota.ts';
import { rootsFirst } from './roots.ts';
import { routeAdmission } from './route-admission.ts';
import { service } from './service.ts';
import { serviceAddress } from './service-address.ts';
import { serviceOutside } from './service-outside.ts';
import { sharedPort } from './shared-port.ts';
import { statefulSet } from './stateful-set.ts';
import { terminating } from './terminating.ts';
import { volume } from './volume.ts';
import { webhook } from './webhook.ts';
import { workloadSecurity } from './workload-security.ts';

/** Everything that is looked for on Kubernetes objects. */
export const analyzers: readonly Analyzer[] = [
  podImage,
  podConfig,
  podCrash,
  podNames,
  podProbes,
  podScheduling,
  podStuck,
  podEvicted,
  podRejected,
  podReadiness,
  podInit,
  podFailed,
  eventsAlone,
  pullSecret,
  sharedPort,
  deployment,
  statefulSet,
  daemonSet,
  job,
  cronJob,
  autoscaler,
  otherWorkloads,
  disruptionBudget,
  service,
  serviceAddress,
  serviceOutside,
  ingress,
  gateway,
  gatewayWaiting,
  routeAdmission,
  openshiftRoute,
  certificate,
  networkPolicy,
  claim,
  missingClaim,
  volume,
  node,
  hostUnitsAnalyzer,
  controlPlane,
  apiService,
  admission,
  access,
  quota,
  limitRange,
  webhook,
  terminating,
  olm,
  workloadSecurity,
];

/** What all analyzers find, roots before what they bring about; a finding without evidence is none. */
export function analyze(snapshot: Snapshot): Finding[] {
  const found = analyzers
    .flatMap((analyzer) => analyzer.analyze(snapshot))
    .filter(({ evidence }) => evidence.length > 0);
  return rootsFirst(found);
}
