import type { ProposedStep } from '#domain/diagnosis.ts';
import { formatObject } from '#domain/object-ref.ts';
import type { Weighed } from './candidate.ts';
import type { CaseFile } from './case-file.ts';
import { describeFix } from './fix.ts';

/** Two sentences that a tired person understands. */

function aboutWhom(file: CaseFile): string {
  const { services, objects, namespace } = file.subject;
  const [object] = objects;
  return services[0] ?? (object === undefined ? undefined : formatObject(object)) ?? namespace ?? 'the alert';
}

export function faultSummary(file: CaseFile, top: Weighed, fix: readonly ProposedStep[]): string {
  const [first = ''] = top.reasons;
  const whom = aboutWhom(file);
  const reach = top.service === undefined || top.service === whom ? '' : ` ${whom} suffers from it.`;
  const next =
    fix.length === 0 ? 'No safe step is known: a person must go on.' : `Proposed: ${describeFix(fix)}.`;
  return `${formatObject(top.object)} (${top.code}, ${Math.round(top.confidence * 100)} %): ${first}${reach} ${next}`;
}

export function healthySummary(file: CaseFile): string {
  const whom = aboutWhom(file);
  const measured = file.readings.filter(
    ({ service, before, now, moved }) =>
      service !== undefined && file.below.has(service) && before !== undefined && now !== undefined && !moved,
  ).length;
  const seen =
    measured === 0
      ? 'its objects are as they should be'
      : `its objects are as they should be and ${measured} signals on its way are in range`;
  return `${whom} is well: ${seen}. ${file.subject.firing ? 'The alert fires without a fault that could be seen.' : 'The alert has ended by itself.'}`;
}

function whatDecides(gaps: readonly string[]): string {
  return gaps.length === 0
    ? 'what could be read does not decide it'
    : `it would take ${gaps.slice(0, 3).join('; ')}`;
}

export function unknownSummary(file: CaseFile, gaps: readonly string[]): string {
  return `What is wrong with ${aboutWhom(file)} cannot be told. To decide it: ${whatDecides(gaps)}.`;
}

/** The place of the trouble is known, and no more: a suspicion, for a person who goes on there. */
export function suspicionSummary(file: CaseFile, top: Weighed, gaps: readonly string[]): string {
  const where = top.service ?? formatObject(top.object);
  return `What is wrong with ${aboutWhom(file)} cannot be told. The trouble seems to begin at ${where}: ${top.reasons[0] ?? ''} To decide it: ${whatDecides(gaps)}.`;
}
