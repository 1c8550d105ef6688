import { type AgentTask, agentTasks } from '#domain/agent-turn.ts';
import { automation } from './automation/agent.ts';
import type { Agent } from './define-agent.ts';
import { diagnosis } from './diagnosis/agent.ts';
import { knowledge } from './knowledge/agent.ts';
import { master } from './master/agent.ts';
import { monitoring } from './monitoring/agent.ts';

/** Every agent that there is. */
export const agents: readonly Agent[] = [master, monitoring, diagnosis, automation, knowledge];

const byName = new Map(agents.map((agent) => [agent.name, agent]));

/** The agent that a task is given to. */
export function agentFor(task: AgentTask): Agent {
  const agent = byName.get(agentTasks[task]);
  if (agent === undefined) throw new Error(`no agent is registered for ${task}`);
  return agent;
}
