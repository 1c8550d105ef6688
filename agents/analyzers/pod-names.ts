import { pointer } from '#domain/actions/json-patch.ts';
import type { Quote } from '#domain/diagnosis.ts';
import { formatObject } from '#domain/object-ref.ts';
import { lastRollout } from '../analysis/change-attribution.ts';
import { podsOf } from '../analysis/kubernetes/owners.ts';
import { longRunning, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import type { Workload } from '../analysis/kubernetes/workload.ts';
import { quoteField, quoteLogLine, quotePattern } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

const unresolved =
  /EAI_AGAIN|ENOTFOUND|no such host|name resolution|name or service not known|UnknownHost|server misbehaving|NXDOMAIN/i;

/** What the workload's own pods say of names that they could not resolve. */
function complaints(snapshot: Snapshot, workload: Workload): Quote[] {
  const pods = podsOf(snapshot, workload).map(({ ref }) => ref.name);
  const isOwn = (emitter: { pod?: string | undefined; workload?: string | undefined }): boolean =>
    (emitter.pod !== undefined && pods.includes(emitter.pod)) || emitter.workload === workload.ref.name;
  const line = snapshot.logLines.findLast(
    ({ emitter, message }) => isOwn(emitter) && unresolved.test(message),
  );
  const pattern = snapshot.logPatterns.find(
    ({ emitter, sample }) => isOwn(emitter) && unresolved.test(sample),
  );
  return [...quoteLogLine(line, 0.6), ...(pattern === undefined ? [] : quotePattern(pattern, 0.6))].slice(
    0,
    1,
  );
}

/**
 * A pod whose policy is `Default` (which is not the default) asks the resolver of its node, which knows nothing of the
 * cluster's own names; one with `None` asks only whom it is told. On the node's own network the former is as it should be.
 */
function findingOf(snapshot: Snapshot, workload: Workload): Finding[] {
  const spec = workload.spec?.template?.spec;
  const policy = spec?.dnsPolicy;
  if (spec === undefined || spec.hostNetwork === true) return [];
  if (policy !== 'Default' && policy !== 'None') return [];
  const said = complaints(snapshot, workload);
  if (said.length === 0) return [];
  const rollout = lastRollout(snapshot, workload);
  const brought = rollout?.changes.some(({ facet }) => facet === 'name-resolution') === true;
  const since = brought ? rollout?.at : undefined;
  const step = {
    action: 'patch',
    object: workload.ref,
    arguments: {
      operations: [
        { op: 'replace', path: pointer('spec', 'template', 'spec', 'dnsPolicy'), value: 'ClusterFirst' },
      ],
    },
    why: `its pods ask the cluster's own name server again`,
    undo: `set dnsPolicy back to ${policy}`,
  };
  return [
    {
      object: workload.ref,
      code: 'network.dns-config-wrong',
      severity: 'error',
      message: `${formatObject(workload.ref)} has the DNS policy ${policy}, with which its pods do not ask the cluster for names, and they cannot resolve some`,
      evidence: [...quoteField(workload, '.spec.template.spec.dnsPolicy', policy, 0.7), ...said],
      certainty: brought ? 0.92 : 0.8,
      consequence: false,
      fixHint: { facets: ['name-resolution'], ...(policy === 'Default' ? { steps: [step] } : {}) },
      ...(since === undefined ? {} : { since }),
    },
  ];
}

/** Workloads whose pods do not ask the cluster's name server, and miss its names. */
export const podNames = defineAnalyzer({
  name: 'pod-names',
  kind: 'Pod',
  analyze: (snapshot) => longRunning(snapshot).flatMap((workload) => findingOf(snapshot, workload)),
});
