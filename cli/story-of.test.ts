import { expect, it } from 'vitest';
import { plainPaint } from './paint.ts';
import { storyOf } from './story-of.ts';
import { gate, incident, incidentDetail, incidentId } from './testing/samples.ts';
import { renderTimeline } from './views/narration.ts';
import { incidentForm } from './wire.ts';
import { wordsIn } from './words/words.ts';

const workflowId = `incident/${incidentId}`;
const call = { server: 'prometheus', tool: 'metrics_window', why: 'error ratio', arguments: {} };

function turn(turnSeq: number, second: number, decision: unknown) {
  const asOf = `2026-11-21T03:02:0${second}Z`;
  return { workflowId, turnSeq, agent: 'monitoring', task: 'observe', asOf, decision };
}

function toolCall(callSeq: number, second: number, why: string) {
  const asOf = `2026-11-21T03:02:0${second}Z`;
  return { ...call, workflowId, callSeq, evidenceId: `e${callSeq}`, why, asOf, durationMs: 5, outcome: 'ok' };
}

const recorded = incidentForm.parse({
  ...incidentDetail,
  incident: { ...incident, status: 'closed', outcome: 'mended', closedAt: '2026-11-21T03:02:50Z' },
  turns: [
    turn(2, 1, { kind: 'finding', finding: {} }),
    turn(1, 1, { kind: 'tool-calls', calls: [call, call] }),
  ],
  toolCalls: [toolCall(2, 1, 'second question'), toolCall(1, 1, 'first question')],
  steps: [{ planNo: 1, stepNo: 1, status: 'verified', action: 'rollout-undo', object: gate.object }],
  gates: [
    {
      ...{ ...gate, status: 'approved', closedAt: '2026-11-21T03:02:15Z' },
      decisions: [
        {
          ...{ gateId: gate.gateId, runId: gate.runId, eventId: 9, at: '2026-11-21T03:02:15Z' },
          ...{ decision: 'approve', user: 'admin', accepted: true, verdict: 'accepted' },
        },
      ],
    },
  ],
  ledger: [
    { planNo: 1, stepNo: 1, kind: 'intent', at: '2026-11-21T03:02:04Z', data: {} },
    { planNo: 1, stepNo: 1, kind: 'started', at: '2026-11-21T03:02:16Z', data: {} },
    { planNo: 1, stepNo: 1, kind: 'verified', at: '2026-11-21T03:02:48Z', data: { detail: 'all is well' } },
  ],
});

it('tells what is on record in the order of time, calls under the turn that asked', () => {
  const style = {
    words: wordsIn('en'),
    language: 'en',
    paint: plainPaint,
    columns: 100,
    timeZone: 'UTC',
  } as const;
  const told = renderTimeline(storyOf(recorded), style)
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' '));
  expect(told).toEqual([
    'TIMELINE',
    '03:02:00 ALERT checkout: error ratio 12 % (SEV2 · incident 0193a5f2-7c31)',
    '03:02:01 monitoring what moved: asks 2 questions',
    ' prometheus metrics_window first question 5 ms',
    ' prometheus metrics_window second question 5 ms',
    '03:02:01 monitoring what moved: done',
    '03:02:04 approval asked for: Roll back Deployment shop/checkout to revision 6',
    '03:02:15 approval approved by admin',
    '03:02:16 step taking it: Roll back Deployment shop/checkout',
    '03:02:48 step verified: all is well',
    '03:02:50 incident closed: mended',
    '03:02:50 knowledge remembered as a case: checkout: error ratio 12 %',
  ]);
});
