import { z } from 'zod';
import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { kindReader } from '../analysis/kubernetes/kind-reader.ts';
import { conditionsSchema, flag, maybe, type Seen, text, timeOf } from '../analysis/kubernetes/partial.ts';
import { isRead, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

/** The Operator Lifecycle Manager: where operators come from, and whether they are installed. */

const group = 'operators.coreos.com';
const versions = kindReader(
  'ClusterServiceVersion',
  group,
  z.looseObject({
    status: maybe(z.looseObject({ phase: text, reason: text, message: text, lastTransitionTime: text })),
  }),
);
const subscriptions = kindReader(
  'Subscription',
  group,
  z.looseObject({
    spec: maybe(z.looseObject({ source: text, sourceNamespace: text, name: text })),
    status: maybe(z.looseObject({ state: text, conditions: conditionsSchema })),
  }),
);
const installPlans = kindReader(
  'InstallPlan',
  group,
  z.looseObject({
    spec: maybe(z.looseObject({ approved: flag, approval: text })),
    status: maybe(z.looseObject({ phase: text, message: text, conditions: conditionsSchema })),
  }),
);
const catalogs = kindReader(
  'CatalogSource',
  group,
  z.looseObject({
    status: maybe(
      z.looseObject({
        message: text,
        connectionState: maybe(z.looseObject({ lastObservedState: text, lastConnect: text })),
      }),
    ),
  }),
);

const operatorGroups = kindReader('OperatorGroup', group, z.looseObject({}));

const newerGroup = 'olm.operatorframework.io';
const withConditions = z.looseObject({ status: maybe(z.looseObject({ conditions: conditionsSchema })) });
const clusterExtensions = kindReader('ClusterExtension', newerGroup, withConditions);
const clusterCatalogs = kindReader('ClusterCatalog', newerGroup, withConditions);

function told(
  seen: Seen,
  severity: Finding['severity'],
  message: string,
  quotes: readonly (readonly [field: string, value: string | undefined])[],
  since?: string,
): Finding {
  return {
    object: seen.ref,
    code: 'workload.other',
    severity,
    message: `${formatObject(seen.ref)} ${message}`,
    evidence: quotes.flatMap(([field, value]) => quoteField(seen, field, value, 0.6)),
    certainty: 0.85,
    consequence: false,
    ...(since === undefined ? {} : { since }),
  };
}

/** What is being installed gets this long. */
const patienceSeconds = 900;

function versionFindings(snapshot: Snapshot): Finding[] {
  return versions(snapshot).flatMap((one): Finding[] => {
    const { phase, reason, message, lastTransitionTime } = one.status ?? {};
    const since = timeOf(lastTransitionTime);
    const quotes = [
      ['.status.message', message],
      ['.status.phase', phase],
    ] as const;
    if (phase === 'Failed')
      return [told(one, 'error', `failed (${reason ?? '?'}): ${message ?? ''}`, quotes, since)];
    const late = since !== undefined && secondsBetween(since, snapshot.asOf) > patienceSeconds;
    if (['Pending', 'Installing', 'InstallReady', 'Replacing'].includes(phase ?? '') && late)
      return [told(one, 'warning', `is ${phase} since ${since} (${reason ?? '?'})`, quotes, since)];
    return [];
  });
}

const badConditions: Readonly<Record<string, string>> = {
  ResolutionFailed: 'cannot be resolved',
  CatalogSourcesUnhealthy: 'has catalogs that are not well',
  InstallPlanFailed: 'has an install plan that failed',
  InstallPlanMissing: 'lost its install plan',
  BundleUnpackFailed: 'cannot unpack its bundle',
};

function subscriptionFindings(snapshot: Snapshot): Finding[] {
  return subscriptions(snapshot).flatMap((one): Finding[] => {
    const { source, sourceNamespace } = one.spec ?? {};
    const lacks =
      source !== undefined &&
      isRead(snapshot, 'catalogsources', sourceNamespace ?? one.ref.namespace) &&
      !catalogs(snapshot).some(
        ({ ref }) =>
          ref.name === source && (sourceNamespace === undefined || ref.namespace === sourceNamespace),
      );
    const bad = (one.status?.conditions ?? []).flatMap(
      ({ type, status, message, reason, lastTransitionTime }) => {
        const what = badConditions[type];
        return what === undefined || status !== 'True'
          ? []
          : [
              told(
                one,
                'error',
                `${what}: ${message ?? reason ?? ''}`,
                [
                  [`.status.conditions[${type}].message`, message],
                  [`.status.conditions[${type}].reason`, reason],
                ],
                timeOf(lastTransitionTime),
              ),
            ];
      },
    );
    return lacks
      ? [
          told(one, 'error', `takes from CatalogSource ${source}, which is not there`, [
            ['.spec.source', source],
          ]),
          ...bad,
        ]
      : bad;
  });
}

function planFindings(snapshot: Snapshot): Finding[] {
  return installPlans(snapshot).flatMap((one): Finding[] => {
    const { phase, message, conditions = [] } = one.status ?? {};
    const failed = conditions.find(({ status }) => status === 'False');
    if (phase === 'Failed')
      return [
        told(one, 'error', `failed: ${failed?.message ?? message ?? ''}`, [
          ['.status.conditions[].message', failed?.message ?? message],
          ['.status.phase', phase],
        ]),
      ];
    // With manual approval that is how it is meant.
    if (phase === 'RequiresApproval')
      return [told(one, 'info', 'waits for somebody to approve it', [['.status.phase', phase]])];
    return [];
  });
}

function catalogFindings(snapshot: Snapshot): Finding[] {
  return catalogs(snapshot).flatMap((one): Finding[] => {
    const { message, connectionState } = one.status ?? {};
    const state = connectionState?.lastObservedState;
    if (state === undefined || state === 'READY' || state === 'IDLE') return [];
    const connecting = state === 'CONNECTING';
    return [
      told(
        one,
        connecting ? 'warning' : 'error',
        `cannot be reached (${state})${message === undefined ? '' : `: ${message}`}`,
        [['.status.connectionState.lastObservedState', state]],
      ),
    ];
  });
}

/** Every operator of a namespace is installed for the namespaces of its one group: with none or several nothing is installed. */
function groupFindings(snapshot: Snapshot): Finding[] {
  const groups = operatorGroups(snapshot);
  const wanted = new Map(subscriptions(snapshot).map((one) => [one.ref.namespace, one] as const));
  return [...wanted].flatMap(([namespace, subscription]): Finding[] => {
    const own = groups.filter(({ ref }) => ref.namespace === namespace);
    const [first, ...others] = own;
    if (first === undefined) {
      return isRead(snapshot, 'operatorgroups', namespace)
        ? [
            told(
              subscription,
              'error',
              'is in a namespace without an OperatorGroup: nothing is installed there',
              [['.metadata.namespace', namespace]],
            ),
          ]
        : [];
    }
    return others.length === 0
      ? []
      : [
          told(
            first,
            'error',
            `is not alone in its namespace (${others.map(({ ref }) => ref.name).join(', ')}): nothing is installed there`,
            [['.metadata.name', first.ref.name]],
          ),
        ];
  });
}

/** Conditions of the newer manager's kinds that say that something is wrong, and not only on its way. */
const badExtension: Readonly<Record<string, (reason: string) => boolean>> = {
  Installed: (reason) => reason !== 'Absent',
  Serving: (reason) => reason !== 'UserSpecifiedUnavailable',
  Progressing: (reason) => reason === 'Blocked',
};

function extensionFindings(snapshot: Snapshot): Finding[] {
  return [...clusterExtensions(snapshot), ...clusterCatalogs(snapshot)].flatMap((one): Finding[] =>
    (one.status?.conditions ?? []).flatMap(({ type, status, reason = '', message, lastTransitionTime }) => {
      const since = timeOf(lastTransitionTime);
      const late = since === undefined || secondsBetween(since, snapshot.asOf) > patienceSeconds;
      if (status !== 'False' || badExtension[type]?.(reason) !== true) return [];
      return [
        told(
          one,
          late ? 'error' : 'warning',
          `is not well: ${type} is False (${reason})${message === undefined ? '' : `: ${message}`}`,
          [
            [`.status.conditions[${type}].message`, message],
            [`.status.conditions[${type}].reason`, reason],
          ],
          since,
        ),
      ];
    }),
  );
}

/** Operators that were not installed, and catalogs that cannot be asked. */
export const olm = defineAnalyzer({
  name: 'olm',
  kind: 'ClusterServiceVersion',
  analyze: (snapshot) => [
    ...versionFindings(snapshot),
    ...subscriptionFindings(snapshot),
    ...planFindings(snapshot),
    ...catalogFindings(snapshot),
    ...groupFindings(snapshot),
    ...extensionFindings(snapshot),
  ],
});
