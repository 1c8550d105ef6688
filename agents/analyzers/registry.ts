import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { admission } from './admission.ts';
import { claim, volume } from './claim.ts';
import { missingClaim } from './claim-references.ts';
import { controlPlane } from './control-plane.ts';
import type { Analyzer, Finding } from './define-analyzer.ts';
import { deployment } from './deployment.ts';
import { hostUnitsAnalyzer } from './host-units.ts';
import { job } from './job.ts';
import { networkPolicy } from './network-policy.ts';
import { node } from './node.ts';
import { podConfig } from './pod-config.ts';
import { podCrash } from './pod-crash.ts';
import { podImage } from './pod-image.ts';
import { podProbes } from './pod-probes.ts';
import { podScheduling } from './pod-scheduling.ts';
import { podStuck } from './pod-stuck.ts';
import { quota } from './quota.ts';
import { rootsFirst } from './roots.ts';
import { service } from './service.ts';
import { serviceAddress } from './service-address.ts';

/** Everything that is looked for on Kubernetes objects. */
export const analyzers: readonly Analyzer[] = [
  podImage,
  podConfig,
  podCrash,
  podProbes,
  podScheduling,
  podStuck,
  deployment,
  service,
  job,
  claim,
  missingClaim,
  volume,
  quota,
  serviceAddress,
  node,
  hostUnitsAnalyzer,
  controlPlane,
  networkPolicy,
  admission,
];

/** What all analyzers find; a finding without evidence is none. */
export function analyze(snapshot: Snapshot): Finding[] {
  const found = analyzers
    .flatMap((analyzer) => analyzer.analyze(snapshot))
    .filter(({ evidence }) => evidence.length > 0);
  return rootsFirst(found);
}
