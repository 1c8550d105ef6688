import type { Diagnosis, Hypothesis } from '#domain/diagnosis.ts';
import { formatObject } from '#domain/object-ref.ts';
import {
  type Declaration,
  type FaultObject,
  nameOfObject,
  namespaceOfObject,
  type Root,
} from '../faults/fault.ts';
import type { ShopNames } from '../shop/names.ts';
import type { IncidentStory } from './practice-api.ts';

/** How far Understudy has come with a fault, measured against what the fault declares. */
export type Judgement = {
  /** An incident was opened. */
  alerted: boolean;
  /** A diagnosis was given that says something; `object` and `cause` say whether it was the right one. */
  diagnosed: boolean;
  object: boolean;
  cause: boolean;
  /** It ended as it should: with an acceptable step, taken and verified by Understudy, or in a person's hands. */
  mended: boolean;
  /** What was said and done, for people. */
  detail: string;
};

/**
 * Judges the incidents that a fault led to. What counts is the first diagnosis that names a fault: to find it after a wrong
 * step has been taken is too late. Where several things are wrong at once, they must all stand before anything else, in the
 * first diagnosis of one incident or of several.
 */
export function judge(
  declaration: Declaration,
  names: ShopNames,
  stories: readonly IncidentStory[],
): Judgement {
  if (declaration.end === 'healthy') return judgeAlarm(stories);
  const roots = [declaration, ...(declaration.besides ?? [])];
  const named = stories.flatMap(
    ({ diagnoses }) => firstFault(diagnoses)?.hypotheses.slice(0, roots.length) ?? [],
  );
  const first = roots.length === 1 ? named.slice(0, 1) : named;
  return {
    alerted: stories.length > 0,
    diagnosed: named.length > 0,
    object: roots.every((root) => first.some((hypothesis) => isAt(root, names, hypothesis))),
    cause: roots.every((root) => first.some((hypothesis) => isOf(root, hypothesis))),
    mended: endedRight(declaration, stories),
    detail: detailOf(first, stories),
  };
}

function detailOf(named: readonly Hypothesis[], stories: readonly IncidentStory[]): string {
  const steps = stories.flatMap((story) => story.steps);
  return [
    ...named.map(({ cause, object }) => `${cause} ${formatObject(object)}`),
    ...steps.map((step) => `${step.action} ${step.status}`),
    ...stories.filter(isHandedOver).map(() => 'handed over'),
  ].join(', ');
}

function endedRight(
  { end = 'mended', mendBy, besides = [] }: Declaration,
  stories: readonly IncidentStory[],
): boolean {
  const steps = stories.flatMap((story) => story.steps);
  const verified = steps.filter(({ status, action }) => status === 'verified' && mendBy.includes(action));
  const mended = verified.length > besides.length;
  const handedOver = steps.length === 0 && stories.some(isHandedOver);
  if (end === 'either') return mended || handedOver;
  return end === 'mended' ? mended : handedOver;
}

/** Whether a person has been asked to go on, or has. */
export function isHandedOver({ incident }: IncidentStory): boolean {
  const waits = incident.phase === 'watching' && incident.belief?.startsWith('Handed over') === true;
  return waits || incident.outcome === 'handed-over';
}

function firstFault(diagnoses: readonly Diagnosis[]): Diagnosis | undefined {
  return diagnoses.find((diagnosis) => diagnosis.verdict === 'fault');
}

function isOf(root: Root, { cause }: Hypothesis): boolean {
  return root.causes.some((each) => each === cause);
}

function isAt({ object, alsoRight = [] }: Root, names: ShopNames, hypothesis: Hypothesis): boolean {
  return [object, ...alsoRight].some((right) => isObject(right, names, hypothesis));
}

function isObject(declared: FaultObject, names: ShopNames, { object }: Hypothesis): boolean {
  const name = nameOfObject(declared, names);
  return (
    object.kind === declared.kind &&
    object.namespace === namespaceOfObject(declared, names) &&
    (name === undefined || object.name === name)
  );
}

/** An alarm about nothing: all is right where it was called that, and nothing was done. */
function judgeAlarm(stories: readonly IncidentStory[]): Judgement {
  const said = stories.flatMap(({ diagnoses }) => diagnoses.map(({ verdict }) => verdict));
  const well = said.length > 0 && judgeHealthy(stories);
  const closed = stories.every(({ incident }) => incident.outcome === 'healthy');
  return {
    alerted: stories.length > 0,
    diagnosed: said.length > 0,
    ...{ object: well, cause: well, mended: well && closed },
    detail: said.join(', '),
  };
}

/** Whether incidents of a time without a fault were taken for what they are: nothing wrong, and nothing done. */
export function judgeHealthy(stories: readonly IncidentStory[]): boolean {
  return stories.every(
    ({ diagnoses, steps }) =>
      steps.length === 0 && diagnoses.every((diagnosis) => diagnosis.verdict === 'healthy'),
  );
}
