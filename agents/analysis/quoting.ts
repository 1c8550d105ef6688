import type { Quote } from '#domain/diagnosis.ts';
import { formatObject } from '#domain/object-ref.ts';
import type { Change } from '#domain/tools/changes.ts';
import type { HostUnit } from '#domain/tools/hosts.ts';
import type { KubernetesEvent } from '#domain/tools/kubernetes.ts';
import type { LogLine, LogPattern } from '#domain/tools/logs.ts';
import type { ProbeResult } from '#domain/tools/probes.ts';
import type { Seen } from './kubernetes/partial.ts';
import type { Sourced } from './kubernetes/snapshot.ts';
import { excerpt } from './quotes.ts';

/** Quotes from the places where evidence is found. Each is a list, empty where there is nothing to quote. */

export function quoteField(
  seen: Pick<Seen, 'ref' | 'evidenceId'>,
  field: string,
  value: string | number | boolean | undefined,
  weight: number,
): Quote[] {
  const quote = excerpt(String(value ?? ''));
  if (quote === '') return [];
  return [
    {
      source: 'kubernetes',
      ref: `${formatObject(seen.ref)} ${field}`,
      quote,
      weight,
      evidenceId: seen.evidenceId,
    },
  ];
}

export function quoteEvent(event: Sourced<KubernetesEvent> | undefined, weight: number): Quote[] {
  if (event === undefined || event.message === '') return [];
  const { kind, name, namespace, evidenceId } = event;
  const object = formatObject(namespace === undefined ? { kind, name } : { kind, name, namespace });
  return [
    {
      source: 'kubernetes',
      ref: `Event ${event.reason} of ${object}`,
      quote: excerpt(event.message),
      weight,
      evidenceId,
    },
  ];
}

function emitterName(emitter: LogLine['emitter']): string {
  return [emitter.namespace, emitter.pod ?? emitter.workload ?? emitter.service, emitter.container]
    .filter((part) => part !== undefined)
    .join('/');
}

export function quoteLogLine(line: Sourced<LogLine> | undefined, weight: number): Quote[] {
  if (line === undefined || line.message === '') return [];
  return [
    {
      source: 'logs',
      ref: `Log ${emitterName(line.emitter)}${line.previous ? ' (previous run)' : ''}`,
      quote: excerpt(line.message),
      weight,
      evidenceId: line.evidenceId,
    },
  ];
}

export function quotePattern(pattern: Sourced<LogPattern>, weight: number): Quote[] {
  if (pattern.sample === '') return [];
  return [
    {
      source: 'logs',
      ref: `Log pattern of ${emitterName(pattern.emitter)}`,
      quote: excerpt(pattern.sample),
      weight,
      evidenceId: pattern.evidenceId,
    },
  ];
}

export function quoteChange(change: Sourced<Change>, weight: number): Quote[] {
  const quote = excerpt(change.summary === '' ? change.id : change.summary);
  return [{ source: 'changes', ref: `Change ${change.id}`, quote, weight, evidenceId: change.evidenceId }];
}

/** A host's unit: its state and, where its journal tells, the line that does. */
export function quoteUnit(unit: Sourced<HostUnit>, weight: number, line?: string): Quote[] {
  const { node, unit: name, active, evidenceId } = unit;
  const at = { source: 'hosts', evidenceId };
  const state = { ...at, ref: `Unit ${name} of ${node} .active`, quote: active, weight };
  if (line === undefined || line === '') return [state];
  const told = { ...at, ref: `Journal of ${name} on ${node}`, quote: excerpt(line), weight };
  return [told, { ...state, weight: weight / 2 }];
}

/** What an active check met. */
export function quoteProbe(probe: Sourced<ProbeResult>, weight: number): Quote[] {
  const { kind, to, detail, evidenceId } = probe;
  const quote = excerpt(detail ?? to.service ?? to.host ?? '');
  if (quote === '') return [];
  const target = [to.namespace, to.service ?? to.host].filter((part) => part !== undefined).join('/');
  const port = to.port === undefined ? '' : `:${to.port}`;
  return [{ source: 'probes', ref: `${kind} check of ${target}${port}`, quote, weight, evidenceId }];
}
