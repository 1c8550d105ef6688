import { describe, expect, it } from 'vitest';
import { patch } from '#domain/actions/patch.ts';
import { podTemplateSchema } from '../analysis/kubernetes/pod-template.ts';
import { templateChanges } from '../analysis/kubernetes/revisions.ts';
import { readWorkload } from '../analysis/kubernetes/workload.ts';
import { templateBack } from './template-back.ts';

type Env = readonly { readonly name: string; readonly value: string }[];

const secret = { name: 'DB_PASSWORD', value: '[redacted:named-secret]' };
const level = { name: 'LOG_LEVEL', value: 'info' };
const tenant = { name: 'TENANT_KEY', value: 'blue' };

const templateOf = (env: Env | undefined, args?: readonly string[]) => ({
  spec: { containers: [{ name: 'db', image: 'pg:16', ...(env && { env }), ...(args && { args }) }] },
});

function stepsBack(before: object, after: object) {
  const raw = {
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'market' },
    spec: { template: after },
  };
  const workload = readWorkload('blue', 'e1', raw);
  const changes = templateChanges(podTemplateSchema.parse(before), podTemplateSchema.parse(after));
  const steps = templateBack(workload, changes, 3);
  // Each is one that the action takes on the object as it is.
  for (const step of steps) {
    const args = patch.arguments.parse(step.arguments);
    const compiled = patch.compile(args, { live: raw, revisions: [] });
    expect(compiled).not.toHaveProperty('refused');
  }
  return steps.map(({ arguments: args }) => args.operations);
}

const env = '/spec/template/spec/containers/0/env';

describe('a pod put back', () => {
  const container = { name: 'db', image: 'pg:16' };
  const back = (before: object, after: object) => {
    const own = (spec: object) => ({ spec: { containers: [container], ...spec } });
    return stepsBack(own(before), own(after));
  };
  const spec = '/spec/template/spec';

  it('loses a volume together with its mount, in one step', () => {
    const claim = { name: 'data', persistentVolumeClaim: { claimName: 'gone' } };
    const mounted = [{ ...container, volumeMounts: [{ name: 'data', mountPath: '/data' }] }];
    expect(back({}, { containers: mounted, volumes: [claim] })).toEqual([
      [
        { op: 'remove', path: `${spec}/containers/0/volumeMounts` },
        { op: 'remove', path: `${spec}/volumes` },
      ],
    ]);
  });

  it('may run where it ran before, with what it had', () => {
    const ssd = { nodeSelector: { disk: 'ssd' } };
    const tolerations = [{ key: 'team', operator: 'Exists' }];
    expect(back({ tolerations }, { ...ssd, tolerations })).toEqual([
      [{ op: 'remove', path: `${spec}/nodeSelector` }],
    ]);
    expect(back({ ...ssd, tolerations }, {})).toEqual([
      [
        { op: 'add', path: `${spec}/nodeSelector`, value: ssd.nodeSelector },
        { op: 'add', path: `${spec}/tolerations`, value: tolerations },
      ],
    ]);
    expect(back({ serviceAccountName: 'db' }, { serviceAccountName: 'bd' })).toEqual([
      [{ op: 'replace', path: `${spec}/serviceAccountName`, value: 'db' }],
    ]);
  });
});

describe('a template put back', () => {
  it('gives back the entry that was taken out, and leaves its neighbours alone', () => {
    expect(stepsBack(templateOf([secret, level, tenant]), templateOf([secret, level]))).toEqual([
      [{ op: 'add', path: `${env}/2`, value: tenant }],
    ]);
  });

  it('sets a changed entry back, and takes out what came', () => {
    const loud = { ...level, value: 'debug' };
    expect(stepsBack(templateOf([secret, level]), templateOf([secret, loud, tenant]))).toEqual([
      [
        { op: 'replace', path: `${env}/1`, value: level },
        { op: 'remove', path: `${env}/2` },
      ],
    ]);
  });

  it('sets the whole list where entries were taken out and changed', () => {
    const loud = { ...level, value: 'debug' };
    expect(stepsBack(templateOf([level, tenant]), templateOf([loud]))).toEqual([
      [{ op: 'replace', path: env, value: [level, tenant] }],
    ]);
  });

  it('gives back a list that is there no more', () => {
    expect(stepsBack(templateOf([level]), templateOf(undefined))).toEqual([
      [{ op: 'add', path: env, value: [level] }],
    ]);
  });

  it('sets arguments back as a whole', () => {
    expect(stepsBack(templateOf([level], ['--a']), templateOf([level], ['--b']))).toEqual([
      [{ op: 'replace', path: '/spec/template/spec/containers/0/args', value: ['--a'] }],
    ]);
  });
});
