import type { AgentView } from '#domain/agent-turn.ts';
import { type Investigation, investigate as investigateThrough } from '../investigate.ts';
import { toolsOf, viewOf, type World } from './world.ts';

export type { Investigation } from '../investigate.ts';

/** An incident of a made-up world from its alert to the plan. */
export async function investigate(
  world: World,
  asOf: string,
  more: Partial<AgentView> = {},
): Promise<Investigation> {
  return investigateThrough(viewOf(world, 'triage', asOf, more), toolsOf(world, asOf));
}
