import { z } from 'zod';

/**
 * How real a practice cluster is. `full`: real nodes on this machine. `api`: a real control plane, and nodes and pods that kwok
 * pretends, so that it needs no root: what shows in the states of objects can be practised. `given`: somebody's test cluster.
 */
export const rangeLevelSchema = z.enum(['full', 'api', 'given']);
export type RangeLevel = z.infer<typeof rangeLevelSchema>;

/** The levels of a cluster that is brought up here. */
export const ownLevels = ['full', 'api'] as const satisfies readonly RangeLevel[];
export type OwnLevel = (typeof ownLevels)[number];
