import { pointer } from '#domain/actions/json-patch.ts';
import { formatObject } from '#domain/object-ref.ts';
import type { Instant } from '#domain/time.ts';
import { appliedData } from '../analysis/kubernetes/config-sources.ts';
import type { ConfigObject } from '../analysis/kubernetes/others.ts';
import type { Workload } from '../analysis/kubernetes/workload.ts';
import { millicores, parseQuantity } from '../analysis/quantity.ts';
import type { FixHint } from '../analyzers/define-analyzer.ts';

/** Steps that mend in place what no rollout brought. */

const roomFactor = 2;
const leastCores = 0.1;

/**
 * Twice the CPU limit of the container that is held back. Where it is not told which one that is, there must be only one that
 * has a limit.
 */
export function moreCpu(workload: Workload, throttled: string | undefined): Pick<FixHint, 'steps'> {
  const limited = (workload.spec?.template?.spec?.containers ?? []).filter(
    ({ resources }) => resources?.limits?.cpu !== undefined,
  );
  const container =
    throttled === undefined
      ? limited.length === 1
        ? limited[0]
        : undefined
      : limited.find(({ name }) => name === throttled);
  const limit = container?.resources?.limits?.cpu;
  const cores = parseQuantity(limit);
  if (container === undefined || cores === undefined) return {};
  const cpu = millicores(Math.max(cores * roomFactor, leastCores));
  return {
    steps: [
      {
        action: 'set-resources',
        object: workload.ref,
        arguments: { container: container.name, limits: { cpu } },
        why: `the limit of ${limit} holds ${container.name} back; ${cpu} gives it room`,
        undo: `set the CPU limit back to ${limit}`,
      },
    ],
  };
}

/** A ConfigMap's keys back as they were last applied, and a restart, because running pods read it when they start. */
export function configBack(configMap: ConfigObject, reader: Workload, at: Instant): FixHint {
  const applied = appliedData(configMap);
  const operations = Object.entries(applied).flatMap(([key, value]) => {
    const now = configMap.data[key];
    return now === value
      ? []
      : [{ op: now === undefined ? 'add' : 'replace', path: pointer('data', key), value }];
  });
  if (operations.length === 0) return {};
  const changed = operations.map(({ path }) => path.slice('/data/'.length)).join(', ');
  return {
    steps: [
      {
        action: 'patch',
        object: configMap.ref,
        arguments: { operations },
        why: `${formatObject(configMap.ref)} gets ${changed} back as it was last applied`,
        undo: `set ${changed} again as it is now`,
      },
      {
        action: 'rollout-restart',
        object: reader.ref,
        arguments: { at },
        why: `${formatObject(reader.ref)} reads it when its pods start`,
        undo: 'nothing to take back: the pods are the same',
      },
    ],
  };
}
