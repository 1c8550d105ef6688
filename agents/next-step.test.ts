import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { AgentView } from '#domain/agent-turn.ts';
import type { Evidence, ToolCall } from '#domain/evidence.ts';
import { defineTool } from '#domain/tools/define-tool.ts';
import { ask } from './ask.ts';
import { type Agent, defineAgent, type TaskRules } from './define-agent.ts';
import { nextStep } from './next-step.ts';
import { runTask } from './run-in-process.ts';

const look = defineTool({
  server: 'eyes',
  name: 'look',
  title: 'Look',
  description: '',
  input: z.object({ at: z.string(), limit: z.int().default(10) }),
  output: z.object({ seen: z.string() }),
  effect: 'read',
});
const write = defineTool({ ...look, name: 'write', effect: 'write' });

const finding = { outcome: 'healthy', story: 'all well' };

function agentOf(rules: Partial<TaskRules<'conclude'>>): Agent {
  return defineAgent({
    name: 'master',
    handles: ['conclude'],
    tools: [look],
    rules: { conclude: { needs: () => [], judge: () => finding, ...rules } },
  });
}

function view(more: Partial<AgentView> = {}): AgentView {
  return {
    task: 'conclude',
    round: 0,
    asOf: '2025-11-21T12:00:00Z',
    incident: {
      id: 'i',
      source: 'api',
      groupKey: 'g',
      severity: 'sev3',
      title: 't',
      openedAt: '2025-11-21T12:00:00Z',
      deliveryCount: 1,
    },
    alerts: [],
    services: [],
    clusters: ['k'],
    tools: ['look'],
    evidence: [],
    findings: {},
    tried: [],
    ...more,
  };
}

function answered(call: ToolCall, error?: Evidence['error']): Evidence {
  return {
    id: 'e',
    call,
    asOf: '2025-11-21T12:00:00Z',
    output: { seen: 'x' },
    digest: '',
    truncated: false,
    gaps: [],
    ...(error === undefined ? {} : { error }),
  };
}

const call = (at: string) => ask(look, { at }, 'to see');

describe('nextStep', () => {
  it('asks what is not answered yet, each question once', () => {
    const agent = agentOf({ needs: () => [call('a'), call('b'), call('b')] });
    const decision = nextStep(view({ evidence: [answered(call('a'))] }), { roundCap: 3, agent });
    expect(decision).toEqual({ kind: 'tool-calls', calls: [call('b')] });
  });

  it('takes a question with its default spelled out for the same', () => {
    const agent = agentOf({ needs: () => [call('a')] });
    const spelled = { ...call('a'), arguments: { limit: 10, at: 'a' }, why: 'another reason' };
    expect(nextStep(view({ evidence: [answered(spelled)] }), { roundCap: 3, agent }).kind).toBe('finding');
  });

  it('does not ask again what failed: that is a gap', () => {
    const agent = agentOf({ needs: () => [call('a')] });
    const failed = answered(call('a'), { code: 'timeout', message: 'too slow' });
    expect(nextStep(view({ evidence: [failed] }), { roundCap: 3, agent }).kind).toBe('finding');
  });

  it('judges with what it has when the rounds are used up', () => {
    const agent = agentOf({ needs: ({ evidence }) => [call(`never enough ${evidence.length}`)] });
    expect(nextStep(view({ round: 2 }), { roundCap: 3, agent }).kind).toBe('tool-calls');
    expect(nextStep(view({ round: 3 }), { roundCap: 3, agent })).toEqual({ kind: 'finding', finding });
  });

  it('does not ask a tool that is not there', () => {
    const agent = agentOf({ needs: () => [call('a')] });
    expect(nextStep(view({ tools: [] }), { roundCap: 3, agent }).kind).toBe('finding');
  });

  it('asks at most 64 things at once', () => {
    const agent = agentOf({ needs: () => Array.from({ length: 100 }, (_, index) => call(String(index))) });
    const decision = nextStep(view(), { roundCap: 3, agent });
    expect(decision.kind === 'tool-calls' && decision.calls.length).toBe(64);
  });

  it('hands over what an agent hands over, and a finding that does not fit', () => {
    expect(
      nextStep(view(), { roundCap: 3, agent: agentOf({ judge: () => ({ handOver: 'cannot tell' }) }) }),
    ).toEqual({ kind: 'hand-over', reason: 'cannot tell' });
    const wrong = agentOf({ judge: () => JSON.parse('{"outcome":3}') });
    expect(nextStep(view(), { roundCap: 3, agent: wrong })).toMatchObject({
      kind: 'hand-over',
      reason: expect.stringContaining('outcome'),
    });
  });

  it('refuses calls that the agent may not make or that do not fit the contract', () => {
    const foreign = agentOf({ needs: () => [{ ...call('a'), server: 'hands' }] });
    expect(() => nextStep(view(), { roundCap: 3, agent: foreign })).toThrow(/may not call hands\/look/);
    const wrong = agentOf({ needs: () => [{ ...call('a'), arguments: { at: 7 } }] });
    expect(() => nextStep(view(), { roundCap: 3, agent: wrong })).toThrow(/wrong arguments: at/);
  });
});

describe('defineAgent', () => {
  it('refuses a task that is not the agent’s own, and a tool that writes', () => {
    const rules = { conclude: { needs: () => [], judge: () => finding } };
    expect(() => defineAgent({ name: 'monitoring', handles: ['conclude'], tools: [], rules })).toThrow(
      /monitoring may not handle conclude/,
    );
    expect(() => defineAgent({ name: 'master', handles: ['conclude'], tools: [write], rules })).toThrow(
      /only read/,
    );
  });
});

describe('runTask', () => {
  it('asks, looks and judges until there is a finding', async () => {
    const agent = agentOf({
      needs: ({ evidence }) => (evidence.length === 0 ? [call('a')] : [call('a'), call('b')]),
      judge: ({ evidence }) => ({ outcome: 'healthy', story: `${evidence.length} looks` }),
    });
    const run = await runTask(view(), async (asked) => answered(asked), { roundCap: 6, agent });
    expect(run.decision).toEqual({ kind: 'finding', finding: { outcome: 'healthy', story: '2 looks' } });
    expect(run.rounds).toBe(2);
    expect(run.evidence.map(({ call: made }) => made.arguments.at)).toEqual(['a', 'b']);
  });

  it('ends however much an agent wants to know', async () => {
    const agent = agentOf({ needs: ({ evidence }) => [call(String(evidence.length))] });
    const run = await runTask(view(), async (asked) => answered(asked), { roundCap: 4, agent });
    expect(run).toMatchObject({ rounds: 4, decision: { kind: 'finding' } });
  });
});
