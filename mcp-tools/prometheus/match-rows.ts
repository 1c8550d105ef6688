import type { Emitter } from '#domain/tools/emitter.ts';
import { versionLabel } from './app-families.ts';
import { edgeIn, isMeshServer } from './call-edges.ts';
import { labelValue, serviceNamesIn, serviceOfAddress, workloadOfPod } from './label-spellings.ts';
import type { Row } from './plan-context.ts';

/** The service that a row says its pod is of; undefined for rows of exporters that speak of other pods than their own. */
export function serviceToldByPod({ name, labels }: Row): string | undefined {
  if (name === 'kube_pod_labels') return labelValue(labels, 'podLabel');
  const isOfOtherPods =
    /^(kube|container|node|kubelet|machine)_/.test(name) || labels.exported_pod !== undefined;
  return isOfOtherPods ? undefined : labelValue(labels, 'service');
}

/** `namespace/workload` → service, where pods say what service they are of. */
export function servicesOfWorkloads(rows: readonly Row[]): ReadonlyMap<string, string> {
  const services = new Map<string, string>();
  for (const row of rows) {
    const pod = labelValue(row.labels, 'pod');
    const service = serviceToldByPod(row);
    if (pod === undefined || service === undefined) continue;
    services.set(`${labelValue(row.labels, 'namespace') ?? ''}/${workloadOfPod(pod)}`, service);
  }
  return services;
}

function sameService(address: string | undefined, service: string): boolean {
  return address !== undefined && (address === service || serviceOfAddress(address) === service);
}

/** Who a row speaks of: the names of its service, and the callee where it speaks of a call. */
function speakerOf({ name, labels }: Row) {
  const version = versionLabel(labels);
  const told = {
    pod: labelValue(labels, 'pod'),
    container: labelValue(labels, 'container'),
    node: labelValue(labels, 'node'),
    version: version === undefined ? undefined : labels[version],
  };
  if (isMeshServer(labels)) {
    const { destination_service_name: service, destination_workload: workload } = labels;
    const namespace = labels.destination_workload_namespace ?? labelValue(labels, 'namespace');
    return { ...told, namespace, names: [service, workload], isCall: false, callee: undefined };
  }
  const edge = edgeIn(name, labels);
  return {
    ...told,
    namespace: labelValue(labels, 'namespace'),
    names: edge?.source === undefined ? [...serviceNamesIn(labels)] : [labels[edge.source]],
    isCall: edge !== undefined,
    callee: edge?.destination === undefined ? undefined : labels[edge.destination],
  };
}

/** Whether a row of an application's metrics speaks of what is asked. */
export function appRowMatches(row: Row, asked: Emitter): boolean {
  const speaker = speakerOf(row);
  const named = [asked.service, asked.workload, asked.source];
  return (
    named.every((name) => name === undefined || speaker.names.includes(name)) &&
    (asked.source === undefined || speaker.isCall) &&
    (asked.destination === undefined || sameService(speaker.callee, asked.destination)) &&
    (['namespace', 'pod', 'container', 'node', 'version'] as const).every(
      (field) => asked[field] === undefined || speaker[field] === asked[field],
    )
  );
}
