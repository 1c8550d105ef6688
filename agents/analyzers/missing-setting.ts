import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { lastRollout, type Rollout } from '../analysis/change-attribution.ts';
import { formerValue, type SettingSource, sourceOfSetting } from '../analysis/kubernetes/config-sources.ts';
import { workloadAt } from '../analysis/kubernetes/owners.ts';
import type { Facet } from '../analysis/kubernetes/revisions.ts';
import type { Workload } from '../analysis/kubernetes/workload.ts';
import { missingSettings } from '../analysis/log-causes.ts';
import { type Crash, crashBase, type Words } from './crash.ts';
import type { Finding } from './define-analyzer.ts';
import { missingKeyFinding } from './missing-key.ts';

/** Parts of a template that decide which settings an application needs and gets. */
const settingFacets: readonly Facet[] = ['environment', 'volumes', 'command', 'image'];

/** A rollout tells of a crash that follows it within hours. */
const explainsForSeconds = 6 * 3600;
const blurSeconds = 15;

type Case = {
  readonly crash: Crash;
  readonly base: ReturnType<typeof crashBase>;
  readonly evidence: Finding['evidence'];
  /** What is missing, said as a sentence without its full stop. */
  readonly message: string;
  readonly workload: Workload | undefined;
};

/** The rollout after which the crash began, if it changed what the application needs or gets. */
function rolloutBefore({ crash, base, workload }: Case): Rollout | undefined {
  const rollout = workload === undefined ? undefined : lastRollout(crash.snapshot, workload);
  if (rollout === undefined || !rollout.changes.some(({ facet }) => settingFacets.includes(facet)))
    return undefined;
  const lead = base.since === undefined ? 0 : secondsBetween(rollout.at, base.since);
  return lead >= -blurSeconds && lead <= explainsForSeconds ? rollout : undefined;
}

/** A key that no ConfigMap is known to have ever had, asked for since a rollout, is the rollout's. */
function lackingKey(one: Case, source: Extract<SettingSource, { from: 'configmap' }>): Finding {
  const { crash, base, evidence } = one;
  const { configMap, key } = source;
  const message = `${one.message}; ${formatObject(configMap.ref)} has no key ${key}`;
  const rollout = formerValue(crash.snapshot, configMap, key) === undefined ? rolloutBefore(one) : undefined;
  if (rollout !== undefined) {
    return {
      ...base,
      code: 'config.configmap-key-missing',
      message: `${message}, and none is known to have had it before revision ${rollout.current.revision} asked for it`,
      evidence,
      certainty: 0.88,
      fixHint: { facets: settingFacets },
    };
  }
  return missingKeyFinding(crash.snapshot, configMap, key, {
    message,
    evidence,
    severity: base.severity,
    certainty: 0.9,
    through: [...base.through, base.object],
    ...(base.since === undefined ? {} : { since: base.since }),
  });
}

/** Somebody has put the key back: the container only waits to be started again. */
function restartNeeded(one: Case, source: Extract<SettingSource, { from: 'present' }>): Finding {
  const { crash, base, evidence } = one;
  const name = formatObject(base.object);
  return {
    ...base,
    severity: 'warning',
    code: 'config.configmap-key-missing',
    message: `${one.message}; ${formatObject(source.configMap.ref)} has the key ${source.key} by now`,
    evidence,
    certainty: 0.75,
    fixHint: {
      steps: [
        {
          action: 'rollout-restart',
          object: base.object,
          arguments: { at: crash.snapshot.asOf },
          why: `${name} reads it when its pods start, and the kubelet waits ever longer between two starts`,
          undo: 'nothing to take back: the pods are the same',
        },
      ],
    },
  };
}

function findingFor(one: Case, source: SettingSource | undefined): Finding | undefined {
  if (source?.from === 'configmap') return lackingKey(one, source);
  if (source?.from === 'present') return restartNeeded(one, source);
  if (source?.from !== 'template') return undefined;
  return {
    ...one.base,
    code: 'config.env-wrong',
    message: `${one.message}; the former revision gave it`,
    evidence: one.evidence,
    certainty: 0.9,
    fixHint: { facets: ['environment', 'volumes', 'command'] },
  };
}

/** A setting that its last words say is missing: whose it is to give, the rollout's or a ConfigMap's. */
export function missingSetting(crash: Crash, words: Words): Finding | undefined {
  const base = crashBase(crash);
  const workload = workloadAt(crash.snapshot, base.object);
  const evidence = [...words.quotes, ...base.evidence];
  const names = missingSettings(words.text);
  const caseOf = (name: string): Case => ({
    crash,
    base,
    workload,
    evidence,
    message: `${formatObject(crash.pod.ref)}: container ${crash.status.name} ends because ${name} is missing`,
  });
  for (const name of names) {
    const source = workload === undefined ? undefined : sourceOfSetting(crash.snapshot, workload, name);
    const found = findingFor(caseOf(name), source);
    if (found !== undefined) return found;
  }
  const [first] = names;
  if (first === undefined) return undefined;
  const { message } = caseOf(first);
  return {
    ...base,
    code: 'config.env-wrong',
    message,
    evidence,
    certainty: 0.75,
    fixHint: { facets: settingFacets },
  };
}
