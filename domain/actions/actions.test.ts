import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { riskRank } from '../risk.ts';
import type { Revision } from '../tools/kubernetes.ts';
import type { KubernetesObject } from '../tools/kubernetes-object.ts';
import { argsHash, diffDigest, wereShown } from './args-hash.ts';
import { actionNamed, actionNames, actions } from './catalogue.ts';
import type { ActionSituation } from './define-action.ts';

const template = {
  metadata: { labels: { app: 'web' } },
  spec: {
    containers: [
      { name: 'main', image: 'web:2', resources: { limits: { memory: '64Mi' } } },
      { name: 'proxy', image: 'proxy:1' },
    ],
  },
};
const older = { ...template, spec: { containers: [{ name: 'main', image: 'web:1' }] } };

const deployment: KubernetesObject = {
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', uid: 'u-1' },
  spec: { replicas: 3, template },
};

function revision(number: number, of: Record<string, unknown>, current = false): Revision {
  const workload = { kind: 'Deployment', namespace: 'shop', name: 'web' };
  return { workload, revision: number, template: of, current };
}

const situation: ActionSituation = {
  live: deployment,
  revisions: [revision(2, template, true), revision(1, older)],
};
const on = (live: KubernetesObject): ActionSituation => ({ live, revisions: [] });
const pod = (owners?: { kind: string; name: string; controller?: boolean }[]): KubernetesObject => ({
  kind: 'Pod',
  metadata: {
    name: 'web-1',
    namespace: 'shop',
    ...(owners === undefined ? {} : { ownerReferences: owners }),
  },
});
const node = (unschedulable?: boolean): KubernetesObject => ({
  kind: 'Node',
  metadata: { name: 'n-1' },
  spec: unschedulable === undefined ? {} : { unschedulable },
});
const owned = [{ kind: 'ReplicaSet', name: 'web-7d9c', controller: true }];
const main = '/spec/template/spec/containers/0';

type Row = {
  readonly title: string;
  readonly action: string;
  readonly args: Record<string, unknown>;
  readonly at?: ActionSituation;
  readonly changes: readonly object[] | 'delete';
  readonly risk: string;
  readonly inverse: object | undefined;
  readonly replicas: number;
};

const rows: readonly Row[] = [
  {
    title: 'scale up',
    action: 'scale',
    args: { replicas: 5 },
    changes: [{ path: '/spec/replicas', before: 3, after: 5 }],
    risk: 'adjust',
    inverse: { action: 'scale', arguments: { replicas: 3 } },
    replicas: 2,
  },
  {
    title: 'scale down',
    action: 'scale',
    args: { replicas: 1 },
    changes: [{ path: '/spec/replicas', before: 3, after: 1 }],
    risk: 'disrupt',
    inverse: { action: 'scale', arguments: { replicas: 3 } },
    replicas: 2,
  },
  {
    title: 'scale to nothing',
    action: 'scale',
    args: { replicas: 0 },
    changes: [{ path: '/spec/replicas', before: 3, after: 0 }],
    risk: 'disrupt',
    inverse: { action: 'scale', arguments: { replicas: 3 } },
    replicas: 3,
  },
  {
    title: 'roll back',
    action: 'rollout-undo',
    args: { toRevision: 1 },
    changes: [{ path: '/spec/template', before: template, after: older }],
    risk: 'disrupt',
    inverse: { action: 'rollout-undo', arguments: { toRevision: 2 } },
    replicas: 3,
  },
  {
    title: 'restart, first time',
    action: 'rollout-restart',
    args: { at: '2026-08-01T10:00:00Z' },
    changes: [
      {
        path: '/spec/template/metadata/annotations',
        after: { 'kubectl.kubernetes.io/restartedAt': '2026-08-01T10:00:00Z' },
      },
    ],
    risk: 'adjust',
    inverse: undefined,
    replicas: 3,
  },
  {
    title: 'set an image',
    action: 'set-image',
    args: { container: 'main', image: 'web:3' },
    changes: [{ path: `${main}/image`, before: 'web:2', after: 'web:3' }],
    risk: 'disrupt',
    inverse: { action: 'set-image', arguments: { container: 'main', image: 'web:2' } },
    replicas: 3,
  },
  {
    title: 'set resources, keeping what is not named',
    action: 'set-resources',
    args: { container: 'main', requests: { cpu: '100m' }, limits: { cpu: '1' } },
    changes: [
      {
        path: `${main}/resources`,
        before: { limits: { memory: '64Mi' } },
        after: { requests: { cpu: '100m' }, limits: { memory: '64Mi', cpu: '1' } },
      },
    ],
    risk: 'disrupt',
    inverse: {
      action: 'patch',
      arguments: {
        operations: [{ op: 'replace', path: `${main}/resources`, value: { limits: { memory: '64Mi' } } }],
      },
    },
    replicas: 3,
  },
  {
    title: 'patch a template, held to the name of the container',
    action: 'patch',
    args: { operations: [{ op: 'add', path: `${main}/command`, value: ['x'] }] },
    changes: [
      { path: `${main}/name`, before: 'main', after: 'main' },
      { path: `${main}/command`, after: ['x'] },
    ],
    risk: 'disrupt',
    inverse: { action: 'patch', arguments: { operations: [{ op: 'remove', path: `${main}/command` }] } },
    replicas: 3,
  },
  {
    title: 'patch beside the template',
    action: 'patch',
    args: { operations: [{ op: 'add', path: '/spec/paused', value: true }] },
    changes: [{ path: '/spec/paused', after: true }],
    risk: 'disrupt',
    inverse: { action: 'patch', arguments: { operations: [{ op: 'remove', path: '/spec/paused' }] } },
    replicas: 0,
  },
  {
    title: 'delete a pod that comes back',
    action: 'delete-pod',
    args: {},
    at: on(pod(owned)),
    changes: 'delete',
    risk: 'disrupt',
    inverse: undefined,
    replicas: 1,
  },
  {
    title: 'delete a pod that nobody owns',
    action: 'delete-pod',
    args: {},
    at: on(pod()),
    changes: 'delete',
    risk: 'destroy',
    inverse: undefined,
    replicas: 1,
  },
  {
    title: 'cordon',
    action: 'cordon',
    args: {},
    at: on(node()),
    changes: [{ path: '/spec/unschedulable', after: true }],
    risk: 'disrupt',
    inverse: { action: 'uncordon', arguments: {} },
    replicas: 0,
  },
  {
    title: 'uncordon',
    action: 'uncordon',
    args: {},
    at: on(node(true)),
    changes: [{ path: '/spec/unschedulable', before: true, after: false }],
    risk: 'disrupt',
    inverse: { action: 'cordon', arguments: {} },
    replicas: 0,
  },
];

describe.each(rows)('$title', ({ action: name, args, at = situation, changes, risk, inverse, replicas }) => {
  const action = actionNamed(name);

  test('is worked out to this write, this risk, this reach and this way back', () => {
    const write = action.compile(args, at);
    if (changes === 'delete') expect(write).toEqual({ verb: 'delete' });
    else expect(write).toEqual({ verb: 'patch', changes });
    expect(action.risk(args, at)).toBe(risk);
    expect(action.inverse(args, 'verb' in write && write.verb === 'patch' ? write.changes : [], at)).toEqual(
      inverse,
    );
    expect(action.blastRadius(args, at)).toMatchObject({ objects: 1, replicas });
  });

  test('is told in both languages', () => {
    const object = { cluster: 'test', kind: action.kinds[0] ?? '', namespace: 'shop', name: 'web' };
    const { en, zh } = action.describe(args, object);
    expect(en).toContain('web');
    expect(zh).toMatch(/\p{Script=Han}/u);
  });
});

const refused: readonly (readonly [string, string, Record<string, unknown>, ActionSituation?])[] = [
  ['as many replicas already', 'scale', { replicas: 3 }],
  ['a revision that there is not', 'rollout-undo', { toRevision: 9 }],
  ['the revision that runs', 'rollout-undo', { toRevision: 2 }],
  ['a container that there is not', 'set-image', { container: 'other', image: 'x' }],
  ['the image that it has', 'set-image', { container: 'main', image: 'web:2' }],
  ['a container without name for resources', 'set-resources', { container: 'other', limits: { cpu: '1' } }],
  ['an object without template', 'rollout-restart', { at: '2026-08-01T10:00:00Z' }, on(pod())],
  ['a field that there is not', 'patch', { operations: [{ op: 'replace', path: '/spec/x', value: 1 }] }],
  ['a field without holder', 'patch', { operations: [{ op: 'add', path: '/spec/x/y', value: 1 }] }],
  [
    'what is like that already',
    'patch',
    { operations: [{ op: 'replace', path: '/spec/replicas', value: 3 }] },
  ],
  ['an identity', 'patch', { operations: [{ op: 'replace', path: '/metadata/name', value: 'x' }] }],
  ['a status', 'patch', { operations: [{ op: 'add', path: '/status/replicas', value: 9 }] }],
  ['an owner', 'patch', { operations: [{ op: 'add', path: '/metadata/ownerReferences', value: [] }] }],
  ['a node that is like that', 'cordon', {}, on(node(true))],
];

test.each(refused.map(([title, name, args, at]) => ({ title, name, args, at })))(
  'refuses $title, in words',
  ({ name, args, at = situation }) => {
    expect(actionNamed(name).compile(args, at)).toEqual({ refused: expect.stringMatching(/\w+ \w+/) });
  },
);

describe('a revision that never stood', () => {
  const bad = { ...template, spec: { containers: [{ name: 'main', image: 'web:bad' }] } };
  const worse = { ...template, spec: { containers: [{ name: 'main', image: 'web:worse' }] } };
  const seen = (number: number, of: Record<string, unknown>, replicas: number, ready: number): Revision => ({
    ...revision(number, of, number === 3),
    replicas,
    ready,
  });
  const live = { ...deployment, spec: { replicas: 3, template: worse } };
  /** Revision 1 still runs: neither 2 nor 3 has come to its end. */
  const stuck = { live, revisions: [seen(3, worse, 1, 0), seen(2, bad, 0, 0), seen(1, older, 3, 3)] };
  const undo = actionNamed('rollout-undo');

  test('is nothing to go back to; the one that runs in its place is named', () => {
    expect(undo.compile({ toRevision: 2 }, stuck)).toEqual({
      refused: expect.stringMatching(/revision 2 never stood.*revision 1/),
    });
    expect(undo.compile({ toRevision: 1 }, stuck)).toMatchObject({ verb: 'patch' });
    expect(undo.compile({ toRevision: 2, evenIfItNeverStood: true }, stuck)).toMatchObject({ verb: 'patch' });
  });

  test('may be one that stood where no older one runs', () => {
    const settled = { live, revisions: [seen(3, worse, 3, 3), seen(2, bad, 0, 0), seen(1, older, 0, 0)] };
    expect(undo.compile({ toRevision: 2 }, settled)).toMatchObject({ verb: 'patch' });
    expect(undo.inverse({ toRevision: 2 }, [], settled)?.arguments).toEqual({ toRevision: 3 });
  });

  test('is gone back to when a roll-back is taken back, and says so', () => {
    const back = undo.inverse({ toRevision: 1 }, [], stuck);
    expect(back?.arguments).toEqual({ toRevision: 3, evenIfItNeverStood: true });
    const object = { cluster: 'test', kind: 'Deployment', namespace: 'shop', name: 'web' };
    expect(undo.describe(back?.arguments, object).en).toContain('even if it never stood');
  });
});

test.each([
  ['scale', { replicas: -1 }],
  ['scale', {}],
  ['scale', { replicas: 1, force: true }],
  ['rollout-undo', { toRevision: 0 }],
  ['set-resources', { container: 'main', limits: { memory: 'lots' } }],
  ['patch', { operations: [] }],
  ['patch', { operations: [{ op: 'move', from: '/a', path: '/b' }] }],
  ['patch', { operations: [{ op: 'test', path: '/a', value: 1 }] }],
  ['delete-pod', { gracePeriodSeconds: -1 }],
  ['cordon', { drain: true }],
])('%s does not take %j', (name, args) => {
  expect(actionNamed(name).arguments.safeParse(args).success).toBe(false);
});

describe('risk', () => {
  test('is never below what the action is by itself', () => {
    for (const { action: name, args, at = situation } of rows) {
      const action = actionNamed(name);
      for (const seen of [undefined, at]) {
        expect(riskRank(action.risk(args, seen)), name).toBeGreaterThanOrEqual(riskRank(action.baseRisk));
      }
    }
  });

  test('never falls by adding arguments', () => {
    const path = fc.constantFrom(
      '/spec/paused',
      '/spec/template/metadata/labels/x',
      '/metadata/labels/x',
      '/spec/replicas',
    );
    const operation = fc.record({ op: fc.constant('add'), path, value: fc.integer() });
    const rank = (name: string, args: object) => riskRank(actionNamed(name).risk(args, situation));
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 5 }), operation, (operations, more) => {
        expect(rank('patch', { operations: [...operations, more] })).toBeGreaterThanOrEqual(
          rank('patch', { operations }),
        );
      }),
    );
    const amounts = fc.record(
      { cpu: fc.constantFrom('1', '100m'), memory: fc.constantFrom('1Gi', '64Mi') },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(amounts, amounts, (requests, limits) => {
        const some = { container: 'main', requests };
        expect(rank('set-resources', { ...some, limits })).toBeGreaterThanOrEqual(
          rank('set-resources', some),
        );
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3600 }), (gracePeriodSeconds) => {
        for (const at of [undefined, on(pod(owned)), on(pod())]) {
          const { risk } = actionNamed('delete-pod');
          expect(riskRank(risk({ gracePeriodSeconds }, at))).toBeGreaterThanOrEqual(riskRank(risk({}, at)));
        }
      }),
    );
  });

  test('of taking replicas away is never below that of adding some', () => {
    const { risk } = actionNamed('scale');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 3, max: 1000 }), (fewer, more) => {
        expect(riskRank(risk({ replicas: fewer }, situation))).toBeGreaterThanOrEqual(
          riskRank(risk({ replicas: more }, situation)),
        );
      }),
    );
  });
});

test('every action has a name of its own, and the error on an unknown one lists them', () => {
  expect(new Set(actionNames).size).toBe(actions.length);
  expect(() => actionNamed('drain')).toThrow(/unknown action "drain"; known: rollout-undo, .*uncordon/);
});

describe('what a person approves', () => {
  const of = {
    action: 'scale',
    cluster: 'test',
    targetUid: 'u-1',
    arguments: { replicas: 5 },
    policyVersion: 'p',
    diffDigest: 'd',
  };
  const changed: Record<string, unknown> = {
    action: 'patch',
    cluster: 'prod',
    targetUid: 'u-2',
    arguments: { replicas: 6 },
    policyVersion: 'q',
    diffDigest: 'e',
  };

  test.each(Object.keys(changed))('another %s is another approval', (field) => {
    expect(argsHash({ ...of, [field]: changed[field] })).not.toBe(argsHash(of));
  });

  test('the order of arguments is nothing', () => {
    expect(argsHash({ ...of, arguments: { a: 1, b: 2 } })).toBe(
      argsHash({ ...of, arguments: { b: 2, a: 1 } }),
    );
  });

  test('the digest covers path, before and after', () => {
    const change = { path: '/spec/replicas', before: 3, after: 5 };
    for (const other of [
      { ...change, path: '/spec/x' },
      { ...change, before: 4 },
      { ...change, after: 6 },
    ]) {
      expect(diffDigest([other])).not.toBe(diffDigest([change]));
    }
  });

  test('the digest covers what was shown, and what is true though it was not shown', () => {
    const shown = [{ path: '/data/DB_PASSWORD', before: '[redacted:named-secret]' }];
    const digest = diffDigest([{ path: '/data/DB_PASSWORD', before: 'old' }], shown);
    expect(wereShown(shown, digest)).toBe(true);
    expect(wereShown([{ path: '/data/DB_PASSWORD', before: 'old' }], digest)).toBe(false);
    expect(diffDigest([{ path: '/data/DB_PASSWORD', before: 'other' }], shown)).not.toBe(digest);
    expect(wereShown([], 'no digest at all')).toBe(false);
  });
});
