import { pointer } from '#domain/actions/json-patch.ts';
import { formatObject, type ObjectRef, sameObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { lastEditedAt } from '../analysis/kubernetes/partial.ts';
import { resourceQuotas } from '../analysis/kubernetes/quotas.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { mebibytes, millicores, parseQuantity } from '../analysis/quantity.ts';
import type { FixHint } from './define-analyzer.ts';

/** A bound that was set this lately may be too tight by mistake; one that has stood for long is somebody's decision. */
const newsSeconds = 7200;

/** What of a resource was asked for, in the API server's words: `requested: requests.cpu=2,pods=1, used: …`. */
export function requestedIn(message: string): { readonly resource: string; readonly amount: string }[] {
  const told = /requested: (.*?), used: /.exec(message)?.[1] ?? '';
  return told.split(',').flatMap((part) => {
    const [resource, amount] = part.split('=');
    return resource === undefined || amount === undefined
      ? []
      : [{ resource: resource.trim(), amount: amount.trim() }];
  });
}

function written(resource: string, amount: number): string {
  if (/cpu$/.test(resource)) return millicores(amount);
  return /memory$|storage$/.test(resource) ? mebibytes(amount) : String(Math.ceil(amount));
}

/** Room for what is asked for, in a quota that has just come; nothing where it has stood for long, or is not known. */
export function roomInQuota(
  snapshot: Snapshot,
  ref: ObjectRef,
  wanted: readonly { readonly resource: string; readonly amount: string }[],
): Pick<FixHint, 'steps'> {
  const quota = resourceQuotas(snapshot).find((one) => sameObject(one.ref, ref));
  const since = quota === undefined ? undefined : (lastEditedAt(quota.raw) ?? quota.createdAt);
  if (quota === undefined || since === undefined) return {};
  if (secondsBetween(since, snapshot.asOf) > newsSeconds) return {};
  const operations = wanted.flatMap(({ resource, amount }) => {
    const hard = quota.spec?.hard?.[resource] ?? quota.status?.hard?.[resource];
    const [asked, used, most] = [amount, quota.status?.used?.[resource], hard].map((value) =>
      parseQuantity(value),
    );
    if (asked === undefined || used === undefined || most === undefined || used + asked <= most) return [];
    return [
      {
        op: 'replace' as const,
        path: pointer('spec', 'hard', resource),
        value: written(resource, used + asked),
      },
    ];
  });
  if (operations.length === 0) return {};
  const to = operations.map(({ path, value }) => `${path.slice('/spec/hard/'.length)} ${value}`).join(', ');
  return {
    steps: [
      {
        action: 'patch',
        object: quota.ref,
        arguments: { operations },
        why: `${formatObject(quota.ref)} came at ${since} and has no room for what is asked for: ${to} would do`,
        undo: 'set the bounds back to what they were',
      },
    ],
  };
}
