import { formatObject } from '#domain/object-ref.ts';
import { type Instant, secondsBetween, toMs } from '#domain/time.ts';
import { type Condition, type Seen, timeOf } from '../analysis/kubernetes/partial.ts';
import { gatewayClasses, gateways } from '../analysis/kubernetes/routing.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

/** A controller takes up what is its own within seconds; an address of a cloud takes some minutes. */
const patienceSeconds = 600;

/** Conditions are born with the epoch as their time, by the API's own defaults. */
const neverMs = 86_400_000;

function waitsSince(seen: Seen, { lastTransitionTime }: Condition): Instant | undefined {
  const at = timeOf(lastTransitionTime);
  return at === undefined || toMs(at) < neverMs ? seen.createdAt : at;
}

/** Nobody has said yet whether it is accepted, or it waits for what it needs. */
function isWaiting({ status, reason }: Condition): boolean {
  return (
    status === 'Unknown' || (status === 'False' && /^(Pending|Waiting|NotReconciled)$/i.test(reason ?? ''))
  );
}

function waiting(
  snapshot: Snapshot,
  seen: Seen,
  conditions: readonly Condition[],
  severity: Finding['severity'],
): Finding[] {
  const condition = conditions.find((one) => ['Accepted', 'Programmed'].includes(one.type) && isWaiting(one));
  const since = condition === undefined ? undefined : waitsSince(seen, condition);
  if (condition === undefined || since === undefined) return [];
  if (secondsBetween(since, snapshot.asOf) < patienceSeconds) return [];
  const { type, reason, message } = condition;
  const untaken = type === 'Accepted' ? 'no controller has taken it up' : 'it waits still';
  return [
    {
      object: seen.ref,
      code: 'routing.gateway-misrouted',
      severity,
      message: `${formatObject(seen.ref)}: ${type} is ${condition.status} since ${since}, ${untaken}${message === undefined || message === '' ? '' : ` (${message})`}`,
      evidence: [
        ...quoteField(seen, `.status.conditions[${type}].message`, message, 0.5),
        ...quoteField(seen, `.status.conditions[${type}].reason`, reason, 0.5),
      ],
      certainty: 0.8,
      consequence: false,
      since,
    },
  ];
}

/** Gateways and classes that no controller takes up: nothing is served through them. */
export const gatewayWaiting = defineAnalyzer({
  name: 'gateway-waiting',
  kind: 'Gateway',
  analyze: (snapshot) => {
    const all = gateways(snapshot).filter(({ terminating }) => !terminating);
    return [
      ...gatewayClasses(snapshot).flatMap((one) => {
        // A class that nobody uses may wait for its controller for ever.
        const used = all.some(({ spec }) => spec?.gatewayClassName === one.ref.name);
        return waiting(snapshot, one, one.status?.conditions ?? [], used ? 'error' : 'warning');
      }),
      ...all.flatMap((one) => waiting(snapshot, one, one.status?.conditions ?? [], 'error')),
    ];
  },
});
