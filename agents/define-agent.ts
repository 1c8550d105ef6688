import {
  type AgentName,
  type AgentTask,
  type AgentView,
  agentTasks,
  type FindingOf,
} from '#domain/agent-turn.ts';
import { UnderstudyError } from '#domain/errors.ts';
import type { ToolCall } from '#domain/evidence.ts';
import type { ToolContract } from '#domain/tools/define-tool.ts';

/** An agent says that a person must go on, and why. */
export type HandOver = { readonly handOver: string };

/**
 * How an agent thinks about one task without a model: two pure functions of the view.
 *
 * `needs` says what would have to be known; it may ask again what is known already, that is dropped. `judge` makes its
 * finding from what is there, however little that is.
 */
export type TaskRules<Task extends AgentTask> = {
  readonly needs: (view: AgentView) => readonly ToolCall[];
  readonly judge: (view: AgentView) => FindingOf<Task> | HandOver;
};

/** An agent's definition with the tasks that it handles. */
export type AgentDefinition<Task extends AgentTask> = {
  readonly name: AgentName;
  readonly handles: readonly Task[];
  /** The tools that it may call; all of them only read. */
  readonly tools: readonly ToolContract[];
  readonly rules: { readonly [Key in Task]: TaskRules<Key> };
};

/** An agent as the drivers see it. */
export type Agent = Omit<AgentDefinition<AgentTask>, 'rules' | 'handles'> & {
  readonly handles: readonly AgentTask[];
  readonly rulesFor: (task: AgentTask) => {
    readonly needs: (view: AgentView) => readonly ToolCall[];
    readonly judge: (view: AgentView) => unknown;
  };
};

/** Checks an agent once, where it is written: its tasks are its own, and it holds no tool that writes. */
export function defineAgent<Task extends AgentTask>(definition: AgentDefinition<Task>): Agent {
  const { name, handles, tools, rules } = definition;
  const foreign = handles.find((task) => agentTasks[task] !== name);
  if (foreign !== undefined) {
    throw new UnderstudyError(
      'internal',
      `${name} may not handle ${foreign}: it is ${agentTasks[foreign]}'s`,
    );
  }
  const writer = tools.find((tool) => tool.effect !== 'read');
  if (writer !== undefined) {
    throw new UnderstudyError('internal', `${name} may not hold ${writer.name}: agents only read`);
  }
  const byTask = new Map<AgentTask, ReturnType<Agent['rulesFor']>>(
    handles.map((task) => [task, rules[task]]),
  );
  return {
    name,
    handles,
    tools,
    rulesFor: (task) => {
      const found = byTask.get(task);
      if (found === undefined) throw new UnderstudyError('internal', `${name} does not handle ${task}`);
      return found;
    },
  };
}

export function isHandOver(answer: unknown): answer is HandOver {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'handOver' in answer &&
    typeof answer.handOver === 'string'
  );
}
