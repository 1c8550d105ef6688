import type { Service } from '../analysis/kubernetes/networking.ts';
import { isBirth, lastEditedAt } from '../analysis/kubernetes/partial.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { changesOf } from '../analysis/recorded-changes.ts';

/** When somebody last changed a Service after it was made, as far as that was recorded. */
export function editedAt(service: Service, snapshot: Snapshot): string | undefined {
  const change = changesOf(snapshot.changes, service.ref, ['config']).find(
    ({ at }) => !isBirth(at, service.createdAt),
  );
  return change?.at ?? lastEditedAt(service.raw);
}

/** Since when it is as it is: its last write, be it the one that made it. */
export function sinceOf(service: Service, snapshot: Snapshot): { since?: string } {
  const [change] = changesOf(snapshot.changes, service.ref, ['config']);
  const since = change?.at ?? lastEditedAt(service.raw);
  return since === undefined ? {} : { since };
}
