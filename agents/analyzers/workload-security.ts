import { z } from 'zod';
import { formatObject } from '#domain/object-ref.ts';
import { type Binding, clusterRoleBindings } from '../analysis/kubernetes/access.ts';
import { flag, listOf, maybe, text } from '../analysis/kubernetes/partial.ts';
import { longRunning, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import type { Workload } from '../analysis/kubernetes/workload.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

const contextSchema = maybe(
  z.looseObject({
    privileged: flag,
    allowPrivilegeEscalation: flag,
    capabilities: maybe(z.looseObject({ add: listOf(z.string()) })),
  }),
);
const specSchema = z.looseObject({
  hostPID: flag,
  hostNetwork: flag,
  hostIPC: flag,
  containers: listOf(z.looseObject({ name: z.string(), securityContext: contextSchema })),
  volumes: listOf(z.looseObject({ name: text, hostPath: maybe(z.looseObject({ path: text })) })),
});

/** Where a cluster's own parts live: they need what others should not have. */
const systemNamespaces =
  /^(kube-.*|openshift(-.*)?|istio-system|calico-system|tigera-operator|cilium|metallb-system|longhorn-system|rook-ceph|monitoring|cattle-.*|gke-.*)$/;
export function isSystemNamespace(namespace: string | undefined): boolean {
  return systemNamespaces.test(namespace ?? '');
}

const strongCapabilities = new Set([
  'ALL',
  'SYS_ADMIN',
  'SYS_PTRACE',
  'SYS_MODULE',
  'NET_ADMIN',
  'DAC_READ_SEARCH',
]);
const hostSecrets =
  /^\/($|var\/run\/docker\.sock|run\/containerd\/|etc(\/kubernetes)?\/?$|var\/lib\/kubelet\/?$|root\/?$)/;

type Risk = { readonly what: string; readonly field: string; readonly value: string | boolean };

function risksOf(workload: Workload): Risk[] {
  const spec = specSchema.parse(workload.spec?.template?.spec ?? {});
  const containers = spec.containers.flatMap(({ name, securityContext }): Risk[] => {
    const strong = (securityContext?.capabilities?.add ?? []).filter((one) => strongCapabilities.has(one));
    const place = `.spec.template.spec.containers[${name}].securityContext`;
    return [
      ...(securityContext?.privileged === true
        ? [{ what: `container ${name} is privileged`, field: `${place}.privileged`, value: true }]
        : []),
      ...strong.map((one) => ({
        what: `container ${name} has the capability ${one}`,
        field: `${place}.capabilities.add`,
        value: one,
      })),
    ];
  });
  const volumes = spec.volumes.flatMap(({ hostPath }): Risk[] =>
    hostPath?.path !== undefined && hostSecrets.test(hostPath.path)
      ? [
          {
            what: `it mounts ${hostPath.path} of its host`,
            field: '.spec.template.spec.volumes[].hostPath.path',
            value: hostPath.path,
          },
        ]
      : [],
  );
  const hosts = (['hostPID', 'hostIPC'] as const).flatMap((field): Risk[] =>
    spec[field] === true
      ? [{ what: `it has ${field}`, field: `.spec.template.spec.${field}`, value: true }]
      : [],
  );
  return [...containers, ...volumes, ...hosts];
}

function workloadFinding(workload: Workload): Finding[] {
  const risks = risksOf(workload);
  const [first] = risks;
  if (first === undefined) return [];
  // Agents that run on every node look after it.
  const expected = isSystemNamespace(workload.ref.namespace) || workload.ref.kind === 'DaemonSet';
  return [
    {
      object: workload.ref,
      code: 'security.privileged-workload',
      severity: expected ? 'info' : 'warning',
      message: `${formatObject(workload.ref)} may do what it could use against its host: ${risks.map(({ what }) => what).join('; ')}`,
      evidence: quoteField(workload, first.field, first.value, 0.6),
      certainty: 0.8,
      consequence: false,
    },
  ];
}

const everybody = new Set([
  'system:anonymous',
  'system:unauthenticated',
  'system:authenticated',
  'system:serviceaccounts',
]);

/** All rights for accounts that anybody's pods run as, or for everybody. */
function wideBinding(binding: Binding): Finding[] {
  if (binding.roleRef?.name !== 'cluster-admin') return [];
  const wide = binding.subjects.find(
    ({ kind, name = '', namespace }) =>
      everybody.has(name) ||
      (kind === 'ServiceAccount' && name === 'default' && !isSystemNamespace(namespace)),
  );
  if (wide === undefined) return [];
  return [
    {
      object: binding.ref,
      code: 'security.wide-permission',
      severity: 'warning',
      message: `${formatObject(binding.ref)} gives ${wide.name} every right in the cluster`,
      evidence: [
        ...quoteField(binding, '.roleRef.name', 'cluster-admin', 0.6),
        ...quoteField(binding, '.subjects[].name', wide.name, 0.4),
      ],
      certainty: 0.85,
      consequence: false,
    },
  ];
}

/** What workloads and accounts may do beyond what most need. It breaks nothing now. */
export const workloadSecurity = defineAnalyzer({
  name: 'workload-security',
  kind: 'Deployment',
  analyze: (snapshot: Snapshot) => [
    ...longRunning(snapshot).flatMap(workloadFinding),
    ...clusterRoleBindings(snapshot).flatMap(wideBinding),
  ],
});
