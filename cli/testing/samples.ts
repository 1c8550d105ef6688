import type { Case } from '#domain/agent-turn.ts';
import type { Alert } from '#domain/alert.ts';
import type { Diagnosis } from '#domain/diagnosis.ts';
import type { Gate } from '#domain/gate.ts';
import type { Incident } from '#domain/incident.ts';
import type { ObjectRef } from '#domain/object-ref.ts';
import type { StoryEvent } from '../story-events.ts';

/** One incident of the practice shop, as the API tells it, for views and the stand-in server. */
export const incidentId = '0193a5f2-7c31-7abc-8def-0123456789ab';
export const gateId = '3f2a81c4-0b1c-8d2e-8f3a-4b5c6d7e8f90';
const object: ObjectRef = { cluster: 'practice', kind: 'Deployment', namespace: 'shop', name: 'checkout' };

export const incident: Incident = {
  id: incidentId,
  source: 'alertmanager',
  groupKey: '{}:{alertname="ErrorRatioHigh", service="checkout"}',
  status: 'open',
  phase: 'awaiting-approval',
  severity: 'sev2',
  title: 'checkout: error ratio 12 %',
  service: 'checkout',
  cluster: 'practice',
  environment: 'practice',
  belief: 'checkout 1.7.0 went out at 03:01:19 and its error ratio rose from 0.3 % to 12 %.',
  deliveryCount: 1,
  openedAt: '2026-11-21T03:02:00.000Z',
  updatedAt: '2026-11-21T03:02:04.000Z',
};

export const alert: Alert = {
  fingerprint: 'a1b2c3d4e5f60718',
  status: 'firing',
  labels: { alertname: 'ErrorRatioHigh', namespace: 'shop', service: 'checkout', severity: 'error' },
  annotations: { summary: 'checkout: error ratio 12 %' },
  startsAt: '2026-11-21T03:01:58.000Z',
};

export const diagnosis: Diagnosis = {
  format: 'understudy-diagnosis/1',
  verdict: 'fault',
  summary:
    'checkout 1.7.0 went out at 03:01:19 and its error ratio rose from 0.3 % to 12 % within a minute; nothing that it calls has changed.',
  hypotheses: [
    {
      cause: 'application.bad-release',
      object,
      service: 'checkout',
      change: 'rollout/checkout/7',
      confidence: 0.94,
      explanation: 'The errors begin 41 s after the rollout, and only pods of the new version have them.',
      evidence: [
        {
          source: 'prometheus',
          ref: 'http_errors:ratio',
          quote: 'namespace_service:http_errors:ratio{service="checkout"} 0.12 1795316520',
          weight: 0.6,
        },
        {
          source: 'changes',
          ref: 'Deployment shop/checkout revision 7',
          quote: 'deliver checkout 1.7.0',
          weight: 0.8,
        },
      ],
      against: [],
      chain: ['Deployment shop/checkout', 'Service shop/checkout'],
    },
    {
      cause: 'database.connections-exhausted',
      object: { cluster: 'practice', kind: 'Database', name: 'orders' },
      confidence: 0.04,
      explanation: 'checkout waits for connections now and then, no more than before.',
      evidence: [{ source: 'logs', ref: 'checkout', quote: 'waited 12 ms for a connection', weight: 0.1 }],
      against: [
        { source: 'prometheus', ref: 'db_pool_in_use', quote: 'db_pool_in_use 3 1795316520', weight: 0.4 },
      ],
      chain: [],
    },
  ],
  ruledOut: [
    { cause: 'node.not-ready', object: { cluster: 'practice', kind: 'Node', name: 'node-1' }, why: 'ready' },
  ],
  gaps: ['traces: no back end'],
  proposedFix: [],
};

export const gate: Gate = {
  gateId,
  incidentId,
  planNo: 1,
  stepNo: 1,
  attempt: 1,
  workflowId: `remediation/${incidentId}/1`,
  runId: '5d0f5a77-3a37-4a5e-9f0e-0a1b2c3d4e5f',
  status: 'open',
  argsHash: 'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c',
  action: 'rollout-undo',
  object,
  targetUid: '11111111-2222-3333-4444-555555555555',
  arguments: { toRevision: 6 },
  changes: [
    {
      path: '/spec/template',
      before: { spec: { containers: [{ name: 'checkout', image: 'shop/checkout:1.7.0' }] } },
      after: { spec: { containers: [{ name: 'checkout', image: 'shop/checkout:1.6.2' }] } },
    },
  ],
  diffDigest: 'd1',
  riskClass: 'disrupt',
  environment: 'practice',
  policyVersion: '0123456789abcdef',
  rule: '*/disrupt',
  needs: { approvals: 1, roles: ['approver', 'admin'], distinctFrom: [] },
  what: {
    en: 'Roll back Deployment shop/checkout to revision 6',
    zh: '将 Deployment shop/checkout 回滚到版本 6',
  },
  why: '94 %: the errors begin 41 s after the rollout, and only pods of the new version have them.',
  undo: 'Roll back Deployment shop/checkout to revision 7',
  blastRadius: { objects: 1, replicas: 3, namespaces: 1 },
  openedAt: '2026-11-21T03:02:04.000Z',
  escalateAt: '2026-11-21T03:12:04.000Z',
  expiresAt: '2026-11-21T03:32:04.000Z',
};

export const learned: Case = {
  title: 'checkout: error ratio 12 %',
  alertNames: ['ErrorRatioHigh'],
  service: 'checkout',
  symptoms: ['error ratio of checkout 0.3 % → 12 %'],
  cause: 'application.bad-release',
  object,
  outcome: 'mended',
  steps: [{ action: 'rollout-undo', object, outcome: 'verified' }],
  story: 'checkout 1.7.0 could not add up some baskets. It was rolled back to 1.6.2, and the errors ended.',
};

const turns = [
  {
    workflowId: `incident/${incidentId}`,
    asOf: '2026-11-21T03:02:01Z',
    turnSeq: 8,
    agent: 'diagnosis',
    task: 'diagnose',
    decision: { kind: 'finding', finding: diagnosis },
  },
  {
    workflowId: `remediation/${incidentId}/1`,
    asOf: '2026-11-21T03:02:17Z',
    turnSeq: 11,
    agent: 'monitoring',
    task: 'verify',
    decision: {
      kind: 'finding',
      finding: {
        state: 'not-yet',
        summary: 'the rollout is under way',
        checks: [
          { name: 'object healthy', ok: false, detail: '1 of 3 pods updated' },
          { name: 'alert cleared', ok: false, detail: 'still firing' },
        ],
      },
    },
  },
  {
    workflowId: `remediation/${incidentId}/1`,
    asOf: '2026-11-21T03:02:20Z',
    turnSeq: 13,
    agent: 'monitoring',
    task: 'verify',
    decision: {
      kind: 'finding',
      finding: {
        state: 'well',
        summary: 'all is well',
        checks: [
          { name: 'object healthy', ok: true, detail: '3 of 3 pods' },
          { name: 'alert cleared', ok: true, detail: '' },
        ],
      },
    },
  },
] as const;

/** The incident as `GET /incidents/{id}` answers once everything is over. */
export const incidentDetail = {
  incident,
  alerts: [alert],
  turns,
  toolCalls: [],
  plans: [],
  steps: [],
  gates: [{ ...gate, decisions: [] }],
  ledger: [],
  case: learned,
};

type Happening = {
  [Type in StoryEvent['type']]: readonly [
    seconds: number,
    type: Type,
    data: Extract<StoryEvent, { type: Type }>['data'],
  ];
}[StoryEvent['type']];

const step = { planNo: 1, stepNo: 1, action: 'rollout-undo', object } as const;

/** What happens from the alert to the question, and from the decision to the case. */
const toQuestion: readonly Happening[] = [
  [0, 'incident.opened', { title: incident.title, severity: 'sev2' }],
  [0.2, 'turn.taken', { turnSeq: 1, agent: 'master', task: 'triage', kind: 'finding' }],
  [0.4, 'incident.phase', { phase: 'observe' }],
  [0.4, 'turn.taken', { turnSeq: 2, agent: 'monitoring', task: 'observe', kind: 'tool-calls', calls: 2 }],
  [
    0.5,
    'tool.called',
    {
      ...{ evidenceId: 'e1', server: 'prometheus', tool: 'metrics_list_series' },
      ...{ why: 'series of checkout', durationMs: 12, outcome: 'ok' },
    },
  ],
  [
    0.5,
    'tool.called',
    {
      ...{ evidenceId: 'e2', server: 'traces', tool: 'traces_window' },
      ...{ why: 'slow calls around the alert', durationMs: 3, outcome: 'unavailable' },
    },
  ],
  [0.4, 'turn.taken', { turnSeq: 3, agent: 'monitoring', task: 'observe', kind: 'finding' }],
  [1, 'turn.taken', { turnSeq: 8, agent: 'diagnosis', task: 'diagnose', kind: 'finding' }],
  [2.1, 'incident.phase', { phase: 'diagnose', belief: diagnosis.summary }],
  [
    2.3,
    'plan.proposed',
    { planNo: 1, cause: 'application.bad-release', object, confidence: 0.94, why: 'roll back' },
  ],
  [4, 'gate.opened', { gateId, what: gate.what }],
];
const fromDecision: readonly Happening[] = [
  [15, 'gate.decision', { gateId, decision: 'approve', user: 'admin', accepted: true, verdict: 'accepted' }],
  [15, 'gate.closed', { gateId, status: 'approved' }],
  [15.5, 'step.changed', { ...step, status: 'acting', detail: '' }],
  [16, 'step.changed', { ...step, status: 'verifying', detail: 'patched' }],
  [17, 'turn.taken', { turnSeq: 11, agent: 'monitoring', task: 'verify', kind: 'finding' }],
  [
    17,
    'tool.called',
    {
      ...{ evidenceId: 'e9', server: 'kubernetes', tool: 'list_pods' },
      ...{ why: 'pods of checkout', durationMs: 9, outcome: 'ok' },
    },
  ],
  [20, 'turn.taken', { turnSeq: 13, agent: 'monitoring', task: 'verify', kind: 'finding' }],
  [48, 'step.changed', { ...step, status: 'verified', detail: 'all is well' }],
  [48.2, 'incident.closed', { outcome: 'mended' }],
  [48.5, 'case.recorded', { title: learned.title, cause: learned.cause, outcome: 'mended' }],
];

function eventsOf(happenings: readonly Happening[], firstSeq: number): StoryEvent[] {
  const openedMs = Date.parse(incident.openedAt);
  return happenings.map(([seconds, type, data], index) => {
    const at = new Date(openedMs + seconds * 1000).toISOString();
    return { seq: firstSeq + index, incidentId, at, type, data } as StoryEvent;
  });
}

export const eventsToQuestion = eventsOf(toQuestion, 1);
export const eventsFromDecision = eventsOf(fromDecision, 100);
