import { describe, expect, it } from 'vitest';
import { agentTaskSchema, agentTasks } from '#domain/agent-turn.ts';
import { agentFor, agents } from './registry.ts';

describe('the agents', () => {
  it('handle every task, each its own', () => {
    for (const task of agentTaskSchema.options) {
      expect(agentFor(task).name).toBe(agentTasks[task]);
      expect(agentFor(task).rulesFor(task)).toBeDefined();
    }
    expect(agents.flatMap(({ handles }) => handles).toSorted()).toEqual(agentTaskSchema.options.toSorted());
  });

  it('hold only tools that read', () => {
    for (const { effect, name } of agents.flatMap(({ tools }) => tools)) expect(effect, name).toBe('read');
  });
});
