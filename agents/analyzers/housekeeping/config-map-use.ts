import { formatObject } from '#domain/object-ref.ts';
import { cronJobs } from '../../analysis/kubernetes/batch.ts';
import type { ConfigObject } from '../../analysis/kubernetes/others.ts';
import { perSnapshot } from '../../analysis/kubernetes/per-snapshot.ts';
import { isRead, longRunning, type Snapshot } from '../../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from '../define-analyzer.ts';

/** Every template of a namespace as text: a ConfigMap may be mounted, or named in an argument for somebody who reads it himself. */
const templatesByNamespace = perSnapshot((snapshot) => {
  const parts = [
    ...longRunning(snapshot).map(({ ref, spec }) => [ref.namespace, spec?.template] as const),
    ...snapshot.jobs.map(({ ref, spec }) => [ref.namespace, spec?.template] as const),
    ...cronJobs(snapshot).map(({ ref, raw }) => [ref.namespace, raw] as const),
    // Pods of controllers are as their templates.
    ...snapshot.pods
      .filter(({ ownedBy }) => ownedBy === undefined)
      .map(({ ref, spec }) => [ref.namespace, spec] as const),
  ];
  return new Map(
    [...Map.groupBy(parts, ([namespace]) => namespace)].map(
      ([namespace, own]) =>
        [namespace, own.map(([, part]) => JSON.stringify(part) ?? '').join('\n')] as const,
    ),
  );
});

/** Every cluster puts these into all namespaces. */
const everywhere = /^(kube-root-ca\.crt|openshift-service-ca\.crt|istio-ca-root-cert)$/;

/** Somebody else made it or finds it by itself: an operator, a release tool, a watcher of labels, an election. */
function isLookedUp({ ref, ownedBy, labels, annotations }: ConfigObject): boolean {
  const marks = [...Object.keys(labels), ...Object.keys(annotations)];
  return (
    everywhere.test(ref.name) ||
    ownedBy !== undefined ||
    /^(kube-|openshift)/.test(ref.namespace ?? '') ||
    marks.some((mark) =>
      /^control-plane\.alpha\.kubernetes\.io\/leader$|dashboard|^owner$|sidecar/.test(mark),
    )
  );
}

function findingOf(snapshot: Snapshot, configMap: ConfigObject): Finding[] {
  const { ref, terminating } = configMap;
  const known = isRead(snapshot, 'pods', ref.namespace) && isRead(snapshot, 'deployments', ref.namespace);
  if (!known || terminating || isLookedUp(configMap)) return [];
  if ((templatesByNamespace(snapshot).get(ref.namespace) ?? '').includes(ref.name)) return [];
  return [
    {
      object: ref,
      code: 'config.other',
      severity: 'info',
      message: `${formatObject(ref)} is named by no workload of its namespace`,
      evidence: quoteField(configMap, '.metadata.name', ref.name, 0.2),
      certainty: 0.3,
      consequence: false,
    },
  ];
}

/** ConfigMaps that nobody seems to read. They break nothing. */
export const configMapUse = defineAnalyzer({
  name: 'config-map-use',
  kind: 'ConfigMap',
  analyze: (snapshot) => snapshot.configMaps.flatMap((one) => findingOf(snapshot, one)),
});
