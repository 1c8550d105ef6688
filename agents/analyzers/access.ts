import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import {
  type Binding,
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
  serviceAccounts,
} from '../analysis/kubernetes/access.ts';
import { podsOf } from '../analysis/kubernetes/owners.ts';
import { perSnapshot } from '../analysis/kubernetes/per-snapshot.ts';
import { isRead, longRunning, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { readyReplicas, type Workload, wantedReplicas } from '../analysis/kubernetes/workload.ts';
import { quoteEvent, quoteField, quoteLogLine, quotePattern } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

const accountsByPlace = perSnapshot(
  (snapshot) => new Set(serviceAccounts(snapshot).map(({ ref }) => `${ref.namespace}/${ref.name}`)),
);

/** True where an account is known not to be there: accounts were read, and those of its namespace are among them. */
export function isAccountMissing(snapshot: Snapshot, namespace: string | undefined, name: string): boolean {
  // Every namespace has its default account; a list without it is one that was cut.
  if (name === 'default' || !isRead(snapshot, 'serviceaccounts', namespace)) return false;
  return !accountsByPlace(snapshot).has(`${namespace}/${name}`);
}

function missingAccount(snapshot: Snapshot, workload: Workload): Finding[] {
  const name = workload.spec?.template?.spec?.serviceAccountName;
  if (name === undefined || name === '' || !isAccountMissing(snapshot, workload.ref.namespace, name))
    return [];
  const wanted = wantedReplicas(workload) ?? 0;
  const lacking =
    wanted > 0 &&
    isRead(snapshot, 'pods', workload.ref.namespace) &&
    podsOf(snapshot, workload).length < wanted;
  return [
    {
      object: workload.ref,
      code: 'admission.service-account-missing',
      severity: lacking ? 'error' : 'warning',
      message: `${formatObject(workload.ref)} runs as ServiceAccount ${name}, which is not there${lacking ? ': it gets no pods' : ': it gets no new pods'}`,
      evidence: quoteField(workload, '.spec.template.spec.serviceAccountName', name, 0.7),
      certainty: lacking ? 0.95 : 0.8,
      consequence: false,
      fixHint: { facets: ['security'] },
    },
  ];
}

function danglingRole(snapshot: Snapshot, binding: Binding): Finding[] {
  const { kind, name } = binding.roleRef ?? {};
  if (kind === undefined || name === undefined) return [];
  const plural = kind === 'Role' ? 'roles' : 'clusterroles';
  if (!isRead(snapshot, plural, kind === 'Role' ? binding.ref.namespace : undefined)) return [];
  const there =
    kind === 'Role'
      ? roles(snapshot).some(({ ref }) => ref.name === name && ref.namespace === binding.ref.namespace)
      : clusterRoles(snapshot).some(({ ref }) => ref.name === name);
  if (there) return [];
  return [
    {
      object: binding.ref,
      code: 'admission.forbidden',
      severity: 'warning',
      message: `${formatObject(binding.ref)} gives ${kind} ${name}, which is not there: it allows nothing`,
      evidence: quoteField(binding, '.roleRef.name', name, 0.7),
      certainty: 0.7,
      consequence: false,
    },
  ];
}

const denied = /User "system:serviceaccount:([^:"\s]+):([^:"\s]+)" cannot (\w+) resource "([^"\s]+)"/;
const freshSeconds = 3600;

/** Bindings that speak of the account and lead nowhere: then that is why it may not. */
function bindingOf(snapshot: Snapshot, namespace: string, name: string): Binding | undefined {
  return [...roleBindings(snapshot), ...clusterRoleBindings(snapshot)].find(
    (binding) =>
      binding.subjects.some(
        (subject) =>
          subject.kind === 'ServiceAccount' &&
          subject.name === name &&
          (subject.namespace ?? binding.ref.namespace) === namespace,
      ) && danglingRole(snapshot, binding).length > 0,
  );
}

/** What somebody was told that he may not: in an event, or in a log line. */
function refusalsOf(snapshot: Snapshot) {
  const events = snapshot.events
    .filter(({ lastAt }) => lastAt === undefined || secondsBetween(lastAt, snapshot.asOf) < freshSeconds)
    .map((event) => ({ text: event.message, quotes: quoteEvent(event, 0.7) }));
  const lines = snapshot.logLines.map((line) => ({ text: line.message, quotes: quoteLogLine(line, 0.7) }));
  const patterns = snapshot.logPatterns.map((pattern) => ({
    text: pattern.sample,
    quotes: quotePattern(pattern, 0.7),
  }));
  return [...events, ...lines, ...patterns].flatMap(({ text, quotes }) => {
    if (!text.includes('system:serviceaccount:')) return [];
    const [, namespace, name, verb, resource] = denied.exec(text) ?? [];
    return namespace === undefined || name === undefined ? [] : [{ namespace, name, verb, resource, quotes }];
  });
}

function forbidden(snapshot: Snapshot): Finding[] {
  const byAccount = Map.groupBy(refusalsOf(snapshot), ({ namespace, name }) => `${namespace}/${name}`);
  return [...byAccount.values()].flatMap((same): Finding[] => {
    const [first] = same;
    if (first === undefined) return [];
    const { namespace, name, verb, resource } = first;
    const account: ObjectRef = { cluster: snapshot.cluster, kind: 'ServiceAccount', namespace, name };
    const binding = bindingOf(snapshot, namespace, name);
    const users = longRunning(snapshot).filter(
      ({ ref, spec }) =>
        ref.namespace === namespace && (spec?.template?.spec?.serviceAccountName ?? 'default') === name,
    );
    // What asks for more than it may and does without it goes on asking for ever.
    const hurts =
      binding !== undefined || users.some((user) => (readyReplicas(user) ?? 0) < (wantedReplicas(user) ?? 0));
    return [
      {
        object: binding?.ref ?? account,
        code: 'admission.forbidden',
        severity: hurts ? 'error' : 'warning',
        message: `${formatObject(account)} may not ${verb} ${resource}${binding === undefined ? '' : `: ${formatObject(binding.ref)} gives a role that is not there`}`,
        evidence: same.flatMap(({ quotes }) => quotes).slice(0, 3),
        certainty: 0.85,
        consequence: false,
        through: [account, ...users.map(({ ref }) => ref)],
      },
    ];
  });
}

/** Accounts that are not there, roles that are not there, and what somebody was told that he may not. */
export const access = defineAnalyzer({
  name: 'access',
  kind: 'ServiceAccount',
  analyze: (snapshot) => [
    ...longRunning(snapshot)
      .filter(({ terminating }) => !terminating)
      .flatMap((workload) => missingAccount(snapshot, workload)),
    ...[...roleBindings(snapshot), ...clusterRoleBindings(snapshot)].flatMap((binding) =>
      danglingRole(snapshot, binding),
    ),
    ...forbidden(snapshot),
  ],
});
