import { pointer } from '#domain/actions/json-patch.ts';
import { formatObject } from '#domain/object-ref.ts';
import { changedAt, formerValue } from '../analysis/kubernetes/config-sources.ts';
import type { ConfigObject } from '../analysis/kubernetes/others.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import type { Finding, FixHint } from './define-analyzer.ts';

/** The step that puts a key back, where its value is known; without it, nothing is guessed. */
export function keyBack(snapshot: Snapshot, configMap: ConfigObject, key: string): FixHint {
  const former = formerValue(snapshot, configMap, key);
  if (former === undefined) return {};
  const hasData = Object.keys(configMap.data).length > 0;
  const operation = hasData
    ? { op: 'add', path: pointer('data', key), value: former.value }
    : { op: 'add', path: '/data', value: { [key]: former.value } };
  return {
    steps: [
      {
        action: 'patch',
        object: configMap.ref,
        arguments: { operations: [operation] },
        why: `${formatObject(configMap.ref)} gets its key ${key} back, ${former.known}`,
        undo: `remove the key ${key} again`,
      },
    ],
  };
}

/** A finding about a ConfigMap that lacks a key which somebody reads. */
export function missingKeyFinding(
  snapshot: Snapshot,
  configMap: ConfigObject,
  key: string,
  found: Pick<Finding, 'message' | 'evidence' | 'certainty' | 'through' | 'since' | 'severity'>,
): Finding {
  const changed = changedAt(snapshot, configMap);
  const since = found.since ?? changed;
  const about = quoteField(configMap, '.metadata.name', configMap.ref.name, 0.2);
  return {
    object: configMap.ref,
    code: 'config.configmap-key-missing',
    severity: found.severity,
    message: found.message,
    evidence: [...found.evidence, ...about],
    certainty: found.certainty,
    consequence: false,
    ...(since === undefined ? {} : { since }),
    ...(found.through === undefined ? {} : { through: found.through }),
    fixHint: keyBack(snapshot, configMap, key),
  };
}
