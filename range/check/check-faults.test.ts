import { describe, expect, it } from 'vitest';
import type { CauseCode } from '#domain/causes/codes.ts';
import type { Diagnosis } from '#domain/diagnosis.ts';
import type { Gate } from '#domain/gate.ts';
import { faults } from '../faults/catalogue.ts';
import type { Fault } from '../faults/fault.ts';
import { shopNames } from '../shop/names.ts';
import { type CheckProgress, checkRounds, type RangeUnderTest } from './check-faults.ts';
import { otherNames } from './other-names.ts';
import type { IncidentStory, PracticeApi } from './practice-api.ts';
import { shuffled } from './seeded.ts';

const names = shopNames();
const times = { faultMs: 300, closeMs: 100, healthyMs: 20, quietMs: 0, pollMs: 5 };

type Behaviour = {
  /** What is diagnosed, in order; default: what the fault declares. */
  diagnoses?: (fault: Fault) => readonly Diagnosis[];
  /** What is proposed; default: the first acceptable way. */
  action?: string;
  /** What an approved step comes to. */
  ends?: 'verified' | 'failed';
  /** The step has an effect in the cluster. */
  helps?: boolean;
  /** An incident without a fault, and what is said of it. */
  phantom?: 'healthy' | 'fault';
};

function diagnosisOf(
  cause: CauseCode,
  object: { kind: string; name: string },
  verdict: Diagnosis['verdict'] = 'fault',
): Diagnosis {
  const hypothesis = {
    cause,
    object: { cluster: 'practice', namespace: 'shop', ...object },
    confidence: 0.9,
    explanation: '',
    evidence: [],
    against: [],
    chain: [],
  };
  return {
    format: 'understudy-diagnosis/1',
    verdict,
    summary: verdict,
    hypotheses: verdict === 'fault' ? [hypothesis] : [],
    ruledOut: [],
    gaps: [],
    proposedFix: [],
  };
}

function declared({ declare }: Fault): Diagnosis {
  const name = names.services[declare.object.of];
  return diagnosisOf(declare.causes[0] ?? 'node.lost', { kind: declare.object.kind, name });
}

/** An Understudy and a range in one: it knows at once what is on, and mends it as soon as it may. */
function stage(behaviour: Behaviour = {}): {
  api: PracticeApi;
  range: RangeUnderTest;
  approved: string[];
  switched: string[];
} {
  const stories = new Map<string, IncidentStory>();
  const gates = new Map<string, Gate>();
  const approved: string[] = [];
  const switched: string[] = [];
  let current: Fault | undefined;

  const open = (id: string, diagnoses: readonly Diagnosis[]): void => {
    stories.set(id, { incident: { id, status: 'open' }, diagnoses, steps: [] });
  };
  const setStory = (id: string, change: Partial<IncidentStory>): void => {
    const story = stories.get(id);
    if (story !== undefined) stories.set(id, { ...story, ...change });
  };
  const range: RangeUnderTest = {
    names,
    on: async (fault) => {
      current = fault;
      switched.push(fault.name);
      open(fault.name, behaviour.diagnoses?.(fault) ?? [declared(fault)]);
      const action = behaviour.action ?? fault.declare.mendBy[0] ?? '';
      gates.set(fault.name, gateOf(fault.name, action));
    },
    off: async (fault) => {
      current = undefined;
      gates.delete(fault.name);
      setStory(fault.name, { incident: { id: fault.name, status: 'closed' } });
    },
    remains: async () => (current === undefined ? [] : ['still there']),
    untilHealthy: async () => {
      if (behaviour.phantom !== undefined) {
        const say = diagnosisOf('node.lost', { kind: 'Node', name: 'n1' }, behaviour.phantom);
        setTimeout(() => open('phantom', [say]), 1);
      }
    },
  };
  const api: PracticeApi = {
    listIncidents: async () => [...stories.values()].map(({ incident }) => incident),
    getIncident: async (id) => {
      const story = stories.get(id);
      if (story === undefined) throw new Error(`no incident ${id}`);
      return story;
    },
    listApprovals: async () => [...gates.values()],
    approve: async (gate) => {
      approved.push(gate.gateId);
      gates.delete(gate.incidentId);
      const status = behaviour.ends ?? 'verified';
      setStory(gate.incidentId, { steps: [{ action: gate.action, object: gate.object, status }] });
      if (behaviour.helps !== false) current = undefined;
    },
  };
  return { api, range, approved, switched };
}

function gateOf(incidentId: string, action: string): Gate {
  const at = '2026-01-01T00:00:00.000Z';
  return {
    gateId: `gate of ${incidentId}`,
    incidentId,
    action,
    ...{
      planNo: 1,
      stepNo: 1,
      attempt: 1,
      workflowId: '',
      runId: '',
      status: 'open',
      argsHash: '',
      targetUid: '',
    },
    ...{
      object: { cluster: 'practice', kind: 'Deployment', name: 'x' },
      arguments: {},
      changes: [],
      diffDigest: '',
    },
    ...{ riskClass: 'disrupt', environment: 'practice', policyVersion: '', rule: '', why: '', undo: '' },
    ...{ needs: { approvals: 1, roles: [], distinctFrom: [] }, what: { en: '', zh: '' } },
    ...{
      blastRadius: { objects: 1, replicas: 1, namespaces: 1 },
      openedAt: at,
      escalateAt: at,
      expiresAt: at,
    },
  };
}

async function check(behaviour: Behaviour, only = faults.slice(0, 2)) {
  const staged = stage(behaviour);
  const progress: CheckProgress[] = [];
  const results = await checkRounds({
    ...staged,
    faults: only,
    seed: 3,
    times,
    onProgress: (step) => progress.push(step),
  });
  return { ...staged, results, progress };
}

const right = { alerted: true, diagnosed: true, object: true, cause: true, mended: true, verified: true };

describe('the check of all faults', () => {
  it('finds everything right where everything is, fault by fault, and ends with a quiet round', async () => {
    const { results, approved, progress } = await check({}, [...faults]);
    expect(results).toHaveLength(faults.length + 1);
    for (const result of results) expect(result).toMatchObject(right);
    expect(results.at(-1)?.fault).toBe('none');
    expect(approved).toHaveLength(faults.length);
    const first = progress.filter(({ fault }) => fault === results[0]?.fault);
    expect(first.map(({ milestone }) => milestone)).toEqual([
      'on',
      'alerted',
      'diagnosed',
      'mended',
      'verified',
      'quiet',
    ]);
  });

  it('takes the faults in an order that the seed decides', async () => {
    const { switched } = await check({}, [...faults]);
    expect(switched).toEqual(shuffled(faults, 3).map(({ name }) => name));
    expect(switched).not.toEqual(faults.map(({ name }) => name));
    expect(switched.toSorted()).toEqual(faults.map(({ name }) => name).toSorted());
  });

  it('counts the first diagnosis of a fault, not a better one that came later', async () => {
    const wrong = diagnosisOf('node.lost', { kind: 'Node', name: 'node-1' });
    const late = await check({ diagnoses: (fault) => [wrong, declared(fault)] });
    expect(late.results[0]).toMatchObject({ diagnosed: true, object: false, cause: false });
    const unsure = diagnosisOf('node.lost', { kind: 'Node', name: 'node-1' }, 'unknown');
    const patient = await check({ diagnoses: (fault) => [unsure, declared(fault)] });
    expect(patient.results[0]).toMatchObject(right);
  });

  it('tells a right cause at a wrong object from a wrong cause at the right one', async () => {
    const [fault] = shuffled(faults.slice(0, 2), 3);
    const cause = fault?.declare.causes[0] ?? 'node.lost';
    const elsewhere = await check({
      diagnoses: () => [diagnosisOf(cause, { kind: 'Deployment', name: 'other' })],
    });
    expect(elsewhere.results[0]).toMatchObject({ diagnosed: true, object: false, cause: true });
    const { kind, of } = fault?.declare.object ?? { kind: 'Node', of: 'cart' };
    const misread = await check({
      diagnoses: () => [diagnosisOf('node.lost', { kind, name: names.services[of] })],
    });
    expect(misread.results[0]).toMatchObject({ diagnosed: true, object: true, cause: false });
  });

  it('does not take a step for a mend that is no acceptable way, that failed, or that left the fault there', async () => {
    expect((await check({ action: 'delete-pod' })).results[0]).toMatchObject({
      mended: false,
      verified: false,
    });
    expect((await check({ ends: 'failed' })).results[0]).toMatchObject({ mended: false, verified: false });
    expect((await check({ helps: false })).results[0]).toMatchObject({ mended: true, verified: false });
  });

  it('says of no alert that there was none, gives up in time and goes on with the next', async () => {
    const staged = stage();
    const silent: PracticeApi = { ...staged.api, listIncidents: async () => [] };
    const results = await checkRounds({ ...staged, api: silent, faults: faults.slice(0, 2), seed: 1, times });
    expect(results).toHaveLength(3);
    expect(results[0]).toMatchObject({ alerted: false, diagnosed: false, mended: false, verified: false });
    expect(results[0]?.seconds).toBeGreaterThanOrEqual(0.3);
  });

  it('makes a result of what breaks in a round, and puts everything back', async () => {
    const staged = stage();
    const off: string[] = [];
    const range: RangeUnderTest = {
      ...staged.range,
      on: async () => {
        throw new Error('the API server is away');
      },
      off: async (fault) => {
        off.push(fault.name);
      },
    };
    const results = await checkRounds({ ...staged, range, faults: faults.slice(0, 1), seed: 1, times });
    expect(results[0]).toMatchObject({ alerted: false, verified: false, detail: 'the API server is away' });
    expect(off).toEqual([faults[0]?.name]);
  });

  it('wants a time without a fault to be left alone, or to be called healthy', async () => {
    expect((await check({ phantom: 'healthy' }, [])).results.at(-1)).toMatchObject(right);
    expect((await check({ phantom: 'fault' }, [])).results.at(-1)).toMatchObject({
      fault: 'none',
      verified: false,
    });
  });
});

describe('other names', () => {
  it('follow from the seed, are all different, and tell nothing', () => {
    const { namespace, services } = otherNames(5);
    expect(otherNames(5)).toEqual(otherNames(5));
    expect(otherNames(6)).not.toEqual(otherNames(5));
    const given = [namespace, ...Object.values(services)];
    expect(new Set(given).size).toBe(9);
    expect(given.filter((name) => ['shop', ...Object.keys(services)].includes(name))).toEqual([]);
  });
});
