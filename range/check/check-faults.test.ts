import { describe, expect, it } from 'vitest';
import type { CauseCode } from '#domain/causes/codes.ts';
import type { Diagnosis } from '#domain/diagnosis.ts';
import { UnderstudyError } from '#domain/errors.ts';
import type { Gate } from '#domain/gate.ts';
import { faults } from '../faults/catalogue.ts';
import {
  type Declaration,
  type Fault,
  type FaultObject,
  nameOfObject,
  namespaceOfObject,
} from '../faults/fault.ts';
import { shopNames } from '../shop/names.ts';
import { type CheckProgress, checkRounds, type RangeUnderTest } from './check-faults.ts';
import { otherNames } from './other-names.ts';
import type { IncidentStory, PracticeApi } from './practice-api.ts';
import { shuffled } from './seeded.ts';

const names = shopNames();
const times = { faultMs: 300, closeMs: 100, leftAloneMs: 40, healthyMs: 20, quietMs: 0, pollMs: 5 };

type Behaviour = {
  /** What is diagnosed, in order; default: what the fault declares. */
  diagnoses?: (fault: Fault) => readonly Diagnosis[];
  /** What is proposed; default: the first acceptable way. */
  action?: string;
  /** No step is proposed, and a person is asked. */
  handsOver?: boolean;
  /** What an approved step comes to. */
  ends?: 'verified' | 'failed';
  /** The step has an effect in the cluster. */
  helps?: boolean;
  /** An incident without a fault, and what is said of it. */
  phantom?: 'healthy' | 'fault';
};

function diagnosisOf(
  cause: CauseCode,
  object: { kind: string; name: string; namespace?: string },
  verdict: Diagnosis['verdict'] = 'fault',
): Diagnosis {
  const hypothesis = {
    cause,
    object: { cluster: 'practice', ...object },
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

function placeOf(object: FaultObject): { kind: string; name: string; namespace?: string } {
  const name = nameOfObject(object, names) ?? 'any';
  const namespace = namespaceOfObject(object, names);
  return { kind: object.kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** What is right to say of a fault: all that is wrong, or that nothing is. */
function declared({ declare }: Fault): Diagnosis {
  if (declare.end === 'healthy') return diagnosisOf('node.lost', { kind: 'Node', name: '' }, 'healthy');
  const [first, ...rest] = [declare, ...(declare.besides ?? [])].map(({ causes, object }) =>
    diagnosisOf(causes[0] ?? 'node.lost', placeOf(object)),
  );
  if (first === undefined) throw new Error('it declares nothing');
  return { ...first, hypotheses: [first, ...rest].flatMap(({ hypotheses }) => hypotheses) };
}

function closed(id: string): IncidentStory['incident'] {
  return { id, status: 'closed', phase: 'closed' };
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
    stories.set(id, { incident: { id, status: 'open', phase: 'plan' }, diagnoses, steps: [] });
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
      const { end = 'mended', mendBy, besides = [] } = fault.declare;
      open(fault.name, behaviour.diagnoses?.(fault) ?? [declared(fault)]);
      if (end === 'healthy') {
        setStory(fault.name, { incident: { ...closed(fault.name), outcome: 'healthy' } });
        current = undefined;
      } else if (end === 'handed-over' || behaviour.handsOver === true) {
        const belief = 'Handed over: no safe step is known';
        setStory(fault.name, { incident: { id: fault.name, status: 'open', phase: 'watching', belief } });
      } else {
        const action = behaviour.action ?? mendBy[0] ?? '';
        gates.set(fault.name, gateOf(fault.name, action));
        besides.forEach((_, index) => {
          gates.set(`${fault.name} ${index}`, gateOf(fault.name, action));
        });
      }
    },
    off: async (fault) => {
      current = undefined;
      gates.delete(fault.name);
      setStory(fault.name, { incident: closed(fault.name) });
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
      for (const [key, open] of gates) if (open === gate) gates.delete(key);
      const status = behaviour.ends ?? 'verified';
      const steps = stories.get(gate.incidentId)?.steps ?? [];
      const step = { action: gate.action, object: gate.object, status };
      setStory(gate.incidentId, { steps: [...steps, step] });
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

/** The first of all faults, declared otherwise. */
function declaring(otherwise: Partial<Declaration>): Fault {
  const [fault] = faults;
  if (fault === undefined) throw new Error('no fault');
  return { ...fault, declare: { ...fault.declare, ...otherwise } };
}

const right = { alerted: true, diagnosed: true, object: true, cause: true, mended: true, verified: true };

describe('the check of all faults', () => {
  it('finds everything right where everything is, fault by fault, and ends with a quiet round', async () => {
    const { results, approved, progress } = await check({}, [...faults]);
    expect(results).toHaveLength(faults.length + 1);
    for (const result of results) expect(result).toMatchObject(right);
    expect(results.at(-1)?.fault).toBe('none');
    const wanted = faults.map(({ declare: { end = 'mended', besides = [] } }) =>
      end === 'mended' || end === 'either' ? 1 + besides.length : 0,
    );
    expect(approved).toHaveLength(wanted.reduce((sum, count) => sum + count, 0));
    const mended = results.find(({ fault }) => fault === 'bad-release');
    const first = progress.filter(({ fault }) => fault === mended?.fault);
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
      diagnoses: () => [diagnosisOf(cause, { kind: 'Deployment', name: 'other', namespace: 'shop' })],
    });
    expect(elsewhere.results[0]).toMatchObject({ diagnosed: true, object: false, cause: true });
    const place = placeOf(fault?.declare.object ?? { kind: 'Node', where: 'cluster' });
    const misread = await check({ diagnoses: () => [diagnosisOf('node.lost', place)] });
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

  it('wants what only a person can mend to be handed over untouched, and what is mendable to be mended', async () => {
    const as = (end: 'handed-over' | 'either' | 'mended'): Fault =>
      declaring(end === 'handed-over' ? { end, mendBy: [] } : { end });
    expect((await check({}, [as('handed-over')])).results[0]).toMatchObject(right);
    expect((await check({ handsOver: true }, [as('either')])).results[0]).toMatchObject(right);
    expect((await check({}, [as('either')])).results[0]).toMatchObject(right);
    expect((await check({ handsOver: true }, [as('mended')])).results[0]).toMatchObject({ mended: false });
    const wrong = diagnosisOf('node.lost', { kind: 'Node', name: 'node-1' });
    const misread = await check({ diagnoses: () => [wrong] }, [as('handed-over')]);
    expect(misread.results[0]).toMatchObject({ mended: true, object: false, cause: false });
  });

  it('wants two faults at once to be both named before anything else, and both mended', async () => {
    const besides = [{ object: { kind: 'Service', of: 'cart' }, causes: ['service.missing'] }] as const;
    const two = [declaring({ besides })];
    expect((await check({}, two)).results[0]).toMatchObject(right);
    const oneOf = (fault: Fault): Diagnosis => {
      const all = declared(fault);
      return { ...all, hypotheses: all.hypotheses.slice(0, 1) };
    };
    const half = await check({ diagnoses: (fault) => [oneOf(fault)] }, two);
    expect(half.results[0]).toMatchObject({ diagnosed: true, object: false, cause: false });
    const besideIt = (fault: Fault): Diagnosis => {
      const [first, second] = declared(fault).hypotheses;
      const other = diagnosisOf('node.lost', { kind: 'Node', name: 'node-1' }).hypotheses;
      return {
        ...declared(fault),
        hypotheses: [first, ...other, second].filter((each) => each !== undefined),
      };
    };
    const third = await check({ diagnoses: (fault) => [besideIt(fault)] }, two);
    expect(third.results[0]).toMatchObject({ object: false, cause: false });
  });

  it('wants an alarm about nothing to be called that', async () => {
    const alarm = [declaring({ end: 'healthy' })];
    expect((await check({}, alarm)).results[0]).toMatchObject(right);
    const believed = diagnosisOf('node.lost', { kind: 'Node', name: 'node-1' });
    const taken = await check({ diagnoses: () => [believed] }, alarm);
    expect(taken.results[0]).toMatchObject({ alerted: true, object: false, cause: false, mended: false });
  });

  it('says of no alert that there was none, gives up in time and goes on with the next', async () => {
    const staged = stage();
    const silent: PracticeApi = { ...staged.api, listIncidents: async () => [] };
    const results = await checkRounds({ ...staged, api: silent, faults: faults.slice(0, 2), seed: 1, times });
    expect(results).toHaveLength(3);
    expect(results[0]).toMatchObject({ alerted: false, diagnosed: false, mended: false, verified: false });
    expect(results[0]?.seconds).toBeGreaterThanOrEqual(0.3);
  });

  it('asks a server again that is too busy to answer, and makes a result of any other failure', async () => {
    const play = (code: 'unavailable' | 'internal', refusals: number) => {
      const staged = stage();
      let left = refusals;
      const api: PracticeApi = {
        ...staged.api,
        getIncident: async (id) => {
          left -= 1;
          if (left >= 0) throw new UnderstudyError(code, 'not now');
          return staged.api.getIncident(id);
        },
      };
      return checkRounds({ ...staged, api, faults: faults.slice(0, 1), seed: 1, times });
    };
    expect((await play('unavailable', 3))[0]).toMatchObject(right);
    expect((await play('internal', 1))[0]).toMatchObject({ verified: false, detail: 'not now' });
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
