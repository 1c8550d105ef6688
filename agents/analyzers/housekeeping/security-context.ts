import { z } from 'zod';
import { formatObject } from '#domain/object-ref.ts';
import {
  type Binding,
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
} from '../../analysis/kubernetes/access.ts';
import { count, flag, listOf, maybe } from '../../analysis/kubernetes/partial.ts';
import { longRunning, type Snapshot } from '../../analysis/kubernetes/snapshot.ts';
import type { Workload } from '../../analysis/kubernetes/workload.ts';
import { quoteField } from '../../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from '../define-analyzer.ts';
import { isSystemNamespace } from '../workload-security.ts';

const contextSchema = maybe(z.looseObject({ runAsNonRoot: flag, runAsUser: count }));
const specSchema = z.looseObject({
  securityContext: contextSchema,
  containers: listOf(z.looseObject({ name: z.string(), securityContext: contextSchema })),
});

/** Containers that nothing keeps from running as root. */
function mayBeRoot(workload: Workload): Finding[] {
  const spec = specSchema.parse(workload.spec?.template?.spec ?? {});
  const root = spec.containers.filter(({ securityContext: own }) => {
    const user = own?.runAsUser ?? spec.securityContext?.runAsUser ?? 0;
    return (own?.runAsNonRoot ?? spec.securityContext?.runAsNonRoot) !== true && user === 0;
  });
  const [first] = root;
  if (first === undefined || isSystemNamespace(workload.ref.namespace)) return [];
  return [
    {
      object: workload.ref,
      code: 'security.other',
      severity: 'info',
      message: `${formatObject(workload.ref)}: nothing keeps ${root.map(({ name }) => name).join(', ')} from running as root`,
      evidence: quoteField(workload, '.spec.template.spec.containers[].name', first.name, 0.2),
      certainty: 0.4,
      consequence: false,
    },
  ];
}

/** A role that allows everything on everything, given to an account of an application. */
function wildcardRole(snapshot: Snapshot, binding: Binding): Finding[] {
  const { kind, name } = binding.roleRef ?? {};
  const found =
    kind === 'Role'
      ? roles(snapshot).find(({ ref }) => ref.name === name && ref.namespace === binding.ref.namespace)
      : clusterRoles(snapshot).find(({ ref }) => ref.name === name);
  const everything = (found?.rules ?? []).some(({ verbs, resources, apiGroups }) =>
    [verbs, resources, apiGroups].every((list) => list.includes('*')),
  );
  const account = binding.subjects.find(
    (subject) =>
      subject.kind === 'ServiceAccount' && !isSystemNamespace(subject.namespace ?? binding.ref.namespace),
  );
  if (!everything || account === undefined || name === undefined) return [];
  return [
    {
      object: binding.ref,
      code: 'security.wide-permission',
      severity: 'info',
      message: `${formatObject(binding.ref)} allows ServiceAccount ${account.name ?? '?'} everything that ${kind} ${name} names: all verbs on all resources`,
      evidence: quoteField(binding, '.roleRef.name', name, 0.4),
      certainty: 0.6,
      consequence: false,
    },
  ];
}

/** What good practice asks for and many do without. It breaks nothing. */
export const securityContext = defineAnalyzer({
  name: 'security-context',
  kind: 'Deployment',
  analyze: (snapshot) => [
    ...longRunning(snapshot).flatMap(mayBeRoot),
    ...[...roleBindings(snapshot), ...clusterRoleBindings(snapshot)].flatMap((binding) =>
      wildcardRole(snapshot, binding),
    ),
  ],
});
