import { UnderstudyError } from '#domain/errors.ts';
import type { RangeLevel } from '../cluster/level.ts';
import { admissionFaults } from './admission-faults.ts';
import { badRelease } from './bad-release.ts';
import { configFaults } from './config-faults.ts';
import { configKeyMissing } from './config-key-missing.ts';
import { containerFaults } from './container-faults.ts';
import { editedByHand } from './edited-by-hand.ts';
import type { Fault } from './fault.ts';
import { imageFaults } from './image-faults.ts';
import { imageMissing } from './image-missing.ts';
import { memoryForNone } from './memory-for-none.ts';
import { noSuchNode } from './no-such-node.ts';
import { outOfMemory } from './out-of-memory.ts';
import { placementFaults } from './placement-faults.ts';
import { probeFaults } from './probe-faults.ts';
import { readinessPort } from './readiness-port.ts';
import { scaledToZero } from './scaled-to-zero.ts';
import { secretRenamed } from './secret-renamed.ts';
import { serviceFaults } from './service-faults.ts';
import { slowDependency } from './slow-dependency.ts';
import { twoAtOnce } from './two-at-once.ts';
import { wrongSelector } from './wrong-selector.ts';

/** Every fault that the practice range can switch on. */
export const faults: readonly Fault[] = [
  imageMissing,
  configKeyMissing,
  outOfMemory,
  wrongSelector,
  scaledToZero,
  badRelease,
  slowDependency,
  readinessPort,
  secretRenamed,
  memoryForNone,
  noSuchNode,
  ...imageFaults,
  ...configFaults,
  ...containerFaults,
  ...placementFaults,
  ...probeFaults,
  ...serviceFaults,
  ...admissionFaults,
  editedByHand,
  twoAtOnce,
];

/** The faults that can be told from others at this level. */
export function faultsAt(level: RangeLevel): readonly Fault[] {
  return faults.filter(({ levels }) => levels.includes(level));
}

/** The fault of that name; an unknown one is a `bad-input` error that lists the known ones. */
export function faultNamed(name: string): Fault {
  const fault = faults.find((candidate) => candidate.name === name);
  if (fault !== undefined) return fault;
  const known = faults.map((each) => each.name).join(', ');
  throw new UnderstudyError('bad-input', `unknown fault "${name}"; known: ${known}`);
}
