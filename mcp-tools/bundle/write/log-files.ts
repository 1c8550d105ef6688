import type { Evidence } from '#domain/evidence.ts';
import { type LogLine, logsPatterns, logsWindow } from '#domain/tools/logs.ts';
import { answersTo, asFileName, jsonFile, lastOfEach } from './answers.ts';

/** A line as `kubectl logs --timestamps` prints it. */
function textOf({ at, message }: LogLine): string {
  return at === undefined ? message : `${at} ${message}`;
}

function pathOf({ emitter, previous }: LogLine): string | undefined {
  const { namespace, pod, container } = emitter;
  if (namespace === undefined || pod === undefined) return undefined;
  const parts = [namespace, pod, container ?? 'main'].map(asFileName);
  return `logs/${parts.join('/')}${previous ? '.previous' : ''}.log`;
}

/** A line of a log store, which is of no pod. */
function recordOf({ at, emitter, level, message }: LogLine): string {
  return JSON.stringify({ time: at, ...emitter, level, message });
}

/** Lines and mined patterns of the evidence, where logs of pods and of log stores have their places. */
export function logFiles(evidence: readonly Evidence[]): [string, string][] {
  const lines = lastOfEach(
    answersTo(evidence, logsWindow).flatMap(({ output }) => output.items),
    (line) => JSON.stringify(line),
  );
  const byPath = Map.groupBy(lines, (line) => pathOf(line) ?? 'logs/records.ndjson');
  const patterns = answersTo(evidence, logsPatterns).flatMap(({ output }) => output.items);
  const byWorkload = Map.groupBy(patterns, ({ emitter }) => {
    const workload = emitter.workload ?? emitter.service ?? emitter.pod;
    return workload === undefined
      ? ''
      : `logs/${asFileName(emitter.namespace ?? 'default')}/${asFileName(workload)}.patterns.json`;
  });
  return [
    ...[...byPath].map(([path, own]): [string, string] => [
      path,
      `${own.map((line) => (path.endsWith('.ndjson') ? recordOf(line) : textOf(line))).join('\n')}\n`,
    ]),
    ...[...byWorkload]
      .filter(([path]) => path !== '')
      .map(([path, own]) =>
        jsonFile(
          path,
          lastOfEach(own, ({ template }) => template).map(({ sample, count, ratio, baselineCount }) => ({
            ...{ sample, count },
            ...(ratio === undefined ? {} : { ratio }),
            ...(baselineCount === undefined ? {} : { baselineCount }),
          })),
        ),
      ),
  ];
}
