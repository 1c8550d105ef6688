import { z } from 'zod';
import { admissionCauses } from './admission.ts';
import { applicationCauses } from './application.ts';
import { cacheCauses } from './cache.ts';
import { cloudCauses } from './cloud.ts';
import { type CauseCode, causeCodes } from './codes.ts';
import { configCauses } from './config.ts';
import { containerCauses } from './container.ts';
import { controlPlaneCauses } from './control-plane.ts';
import { databaseCauses } from './database.ts';
import type { Cause } from './define-causes.ts';
import { dependencyCauses } from './dependency.ts';
import { imageCauses } from './image.ts';
import { networkCauses } from './network.ts';
import { nodeCauses } from './node.ts';
import { probeCauses } from './probe.ts';
import { queueCauses } from './queue.ts';
import { resourceCauses } from './resource.ts';
import { routingCauses } from './routing.ts';
import { schedulingCauses } from './scheduling.ts';
import { searchCauses } from './search.ts';
import { securityCauses } from './security.ts';
import { serviceCauses } from './service.ts';
import { storageCauses } from './storage.ts';
import { trafficCauses } from './traffic.ts';
import { workloadCauses } from './workload.ts';

export const causeCodeSchema = z.enum(causeCodes as [CauseCode, ...CauseCode[]]);

/** Every cause that there is, by area. What is not in this list is said as `<area>.other`. */
export const causes: readonly Cause[] = [
  ...admissionCauses,
  ...schedulingCauses,
  ...imageCauses,
  ...configCauses,
  ...storageCauses,
  ...containerCauses,
  ...probeCauses,
  ...workloadCauses,
  ...serviceCauses,
  ...routingCauses,
  ...networkCauses,
  ...nodeCauses,
  ...controlPlaneCauses,
  ...resourceCauses,
  ...databaseCauses,
  ...cacheCauses,
  ...queueCauses,
  ...searchCauses,
  ...applicationCauses,
  ...dependencyCauses,
  ...trafficCauses,
  ...cloudCauses,
  ...securityCauses,
];

const byCode: ReadonlyMap<CauseCode, Cause> = new Map(causes.map((cause) => [cause.code, cause]));

/** The entry of a code. There is one for every code, which the tests hold it to. */
export function causeNamed(code: CauseCode): Cause {
  const cause = byCode.get(code);
  if (cause === undefined) throw new TypeError(`the cause catalogue has no entry for ${code}`);
  return cause;
}
