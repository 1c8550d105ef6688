import type { Diagnosis, Hypothesis } from '#domain/diagnosis.ts';
import { formatObject } from '#domain/object-ref.ts';
import { type Declaration, type FaultObject, nameOfObject } from '../faults/fault.ts';
import type { ShopNames } from '../shop/names.ts';
import type { IncidentStory } from './practice-api.ts';

/** How far Understudy has come with a fault, measured against what the fault declares. */
export type Judgement = {
  /** An incident was opened. */
  alerted: boolean;
  /** A fault was diagnosed; `object` and `cause` say whether the first hypothesis was the right one. */
  diagnosed: boolean;
  object: boolean;
  cause: boolean;
  /** A step that is an acceptable way to mend it was taken and verified by Understudy. */
  mended: boolean;
  /** What was said and done, for people. */
  detail: string;
};

/**
 * Judges the incidents that a fault led to. What counts is the first diagnosis that names a fault: to find it after a wrong
 * step has been taken is too late.
 */
export function judge(
  declaration: Declaration,
  names: ShopNames,
  stories: readonly IncidentStory[],
): Judgement {
  const diagnosis = stories.flatMap((story) => firstFault(story.diagnoses) ?? [])[0];
  const hypothesis = diagnosis?.hypotheses[0];
  const steps = stories.flatMap((story) => story.steps);
  const right = [declaration.object, ...(declaration.alsoRight ?? [])];
  return {
    alerted: stories.length > 0,
    diagnosed: hypothesis !== undefined,
    object: hypothesis !== undefined && right.some((object) => isObject(object, names, hypothesis)),
    cause: hypothesis !== undefined && declaration.causes.some((cause) => cause === hypothesis.cause),
    mended: steps.some((step) => step.status === 'verified' && declaration.mendBy.includes(step.action)),
    detail: [
      hypothesis === undefined ? '' : `${hypothesis.cause} ${formatObject(hypothesis.object)}`,
      ...steps.map((step) => `${step.action} ${step.status}`),
    ]
      .filter((part) => part !== '')
      .join(', '),
  };
}

function firstFault(diagnoses: readonly Diagnosis[]): Diagnosis | undefined {
  return diagnoses.find((diagnosis) => diagnosis.verdict === 'fault');
}

function isObject(declared: FaultObject, names: ShopNames, { object }: Hypothesis): boolean {
  return (
    object.kind === declared.kind &&
    object.namespace === names.namespace &&
    object.name === nameOfObject(declared, names)
  );
}

/** Whether incidents of a time without a fault were taken for what they are: nothing wrong, and nothing done. */
export function judgeHealthy(stories: readonly IncidentStory[]): boolean {
  return stories.every(
    ({ diagnoses, steps }) =>
      steps.length === 0 && diagnoses.every((diagnosis) => diagnosis.verdict === 'healthy'),
  );
}
