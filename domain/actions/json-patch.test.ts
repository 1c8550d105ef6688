import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, type Json } from '../hash.ts';
import type { KubernetesObject } from '../tools/kubernetes-object.ts';
import {
  type FieldChange,
  type GuardedOperation,
  guardedOperations,
  inverseChanges,
  parentPath,
  pointer,
  valueAt,
} from './json-patch.ts';
import { patch } from './patch.ts';

/** A tiny RFC 6902: applies every operation in order, or throws and leaves the document as it was. */
function apply(document: unknown, operations: readonly GuardedOperation[]): unknown {
  const copy: unknown = structuredClone(document);
  for (const operation of operations) applyOne(copy, operation);
  return copy;
}

class TestFailed extends Error {}

function applyOne(document: unknown, operation: GuardedOperation): void {
  if (operation.op === 'test') {
    const found = valueAt(document, operation.path);
    if (canonicalJson(found ?? null) !== canonicalJson(operation.value ?? null))
      throw new TestFailed(operation.path);
    return;
  }
  const parent = parentPath(operation.path);
  const holder: unknown = parent === '' ? document : valueAt(document, parent);
  const key = operation.path
    .slice(parent.length + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
  if (Array.isArray(holder)) {
    const place = Number(key);
    if (!Number.isInteger(place) || place > holder.length) throw new TestFailed(operation.path);
    if (operation.op === 'add') holder.splice(place, 0, operation.value);
    else if (place >= holder.length) throw new TestFailed(operation.path);
    else if (operation.op === 'remove') holder.splice(place, 1);
    else holder[place] = operation.value;
    return;
  }
  if (typeof holder !== 'object' || holder === null) throw new TestFailed(operation.path);
  if (operation.op !== 'add' && !Object.hasOwn(holder, key)) throw new TestFailed(operation.path);
  if (operation.op === 'remove') Reflect.deleteProperty(holder, key);
  else Object.assign(holder, { [key]: operation.value });
}

const key = fc.constantFrom('a', 'b', 'size', 'x/y', 'til~de', 'name');
const { value } = fc.letrec<{ value: Json; record: Json; list: Json; scalar: Json }>((tie) => ({
  scalar: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom('one', 'two', ''), fc.boolean()),
  record: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  list: fc.array(tie('value'), { maxLength: 4 }),
  value: fc.oneof({ maxDepth: 3 }, tie('scalar'), tie('record'), tie('list')),
}));

function liveOf(spec: unknown): KubernetesObject {
  return { kind: 'ConfigMap', metadata: { name: 'x' }, spec };
}

/** Every place in a value, and beside each a place that is not there yet. */
function placesIn(found: unknown, path: string): string[] {
  if (Array.isArray(found)) {
    return [
      `${path}/${found.length}`,
      ...found.flatMap((item, index) => [`${path}/${index}`, ...placesIn(item, `${path}/${index}`)]),
    ];
  }
  if (typeof found !== 'object' || found === null) return [];
  const below = Object.entries(found).flatMap(([name, field]) => {
    const place = `${path}${pointer(name)}`;
    return [place, ...placesIn(field, place)];
  });
  return [`${path}/new`, ...below];
}

const scenario = fc.dictionary(key, value, { maxKeys: 5 }).chain((spec) =>
  fc.record({
    spec: fc.constant(spec),
    operations: fc.array(
      fc.record({
        op: fc.constantFrom('add' as const, 'replace' as const, 'remove' as const),
        path: fc.constantFrom(...placesIn(spec, '/spec')),
        value,
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
);

/** What the `patch` action makes of operations, or undefined where it refuses them. */
function changesOf(live: KubernetesObject, operations: unknown): readonly FieldChange[] | undefined {
  const write = patch.compile({ operations }, { live, revisions: [] });
  return 'verb' in write && write.verb === 'patch' ? write.changes : undefined;
}

describe('a guarded patch', () => {
  test('and then its inverse give the original, whatever the operations, or the guard stops it', () => {
    let applied = 0;
    fc.assert(
      fc.property(scenario, ({ spec, operations }) => {
        const live = liveOf(spec);
        const changes = changesOf(live, operations);
        if (changes === undefined) return;
        try {
          const after = apply(live, guardedOperations(changes));
          applied += 1;
          expect(apply(after, guardedOperations(inverseChanges(changes)))).toEqual(live);
        } catch (error) {
          // Operations that meet in one place: the second finds it changed, and nothing is done.
          if (!(error instanceof TestFailed)) throw error;
        }
      }),
      { numRuns: 2_000 },
    );
    expect(applied, 'most of them can be applied').toBeGreaterThan(500);
  });

  test('and then the inverse call of the action give the original', () => {
    fc.assert(
      fc.property(scenario, ({ spec, operations }) => {
        const live = liveOf(spec);
        const changes = changesOf(live, operations.slice(0, 1));
        if (changes === undefined) return;
        const after = apply(live, guardedOperations(changes));
        const inverse = patch.inverse({ operations }, changes, { live, revisions: [] });
        const back = changesOf(liveOf(valueAt(after, '/spec')), inverse?.arguments.operations);
        expect(apply(after, guardedOperations(back ?? []))).toEqual(live);
      }),
      { numRuns: 1_000 },
    );
  });

  test('has no effect on an object that changed in a field of it', () => {
    fc.assert(
      fc.property(scenario, value, ({ spec, operations }, other) => {
        const live = liveOf(spec);
        const [operation] = operations;
        const changes = changesOf(live, [operation]);
        const change = changes?.at(-1);
        if (changes === undefined || change?.before === undefined) return;
        if (canonicalJson(change.before) === canonicalJson(other)) return;
        const changed = apply(live, [{ op: 'replace', path: change.path, value: other }]);
        expect(() => apply(changed, guardedOperations(changes))).toThrow(TestFailed);
      }),
    );
  });
});

describe('paths through arrays', () => {
  const containers = [
    { name: 'main', image: 'a:1' },
    { name: 'proxy', image: 'b:1' },
  ];
  const live = liveOf({ containers });

  test('hold the items on the way to their names', () => {
    const changes = changesOf(live, [{ op: 'add', path: '/spec/containers/1/command', value: ['x'] }]) ?? [];
    const moved = liveOf({ containers: containers.toReversed() });
    expect(() => apply(moved, guardedOperations(changes))).toThrow(TestFailed);
    expect(apply(live, guardedOperations(changes))).toMatchObject({
      spec: { containers: [{ name: 'main' }, { name: 'proxy', command: ['x'] }] },
    });
  });

  test('insert where RFC 6902 inserts, and never overwrite what is there', () => {
    const changes =
      changesOf(live, [{ op: 'add', path: '/spec/containers/0', value: { name: 'first' } }]) ?? [];
    expect(apply(live, guardedOperations(changes))).toMatchObject({
      spec: { containers: [{ name: 'first' }, { name: 'main' }, { name: 'proxy' }] },
    });
    const twice = [
      { op: 'add', path: '/spec/containers/2', value: { name: 'x' } },
      { op: 'add', path: '/spec/containers/3', value: { name: 'y' } },
    ];
    expect(apply(live, guardedOperations(changesOf(live, twice) ?? []))).toMatchObject({
      spec: { containers: [{ name: 'main' }, { name: 'proxy' }, { name: 'x' }, { name: 'y' }] },
    });
    expect(
      patch.compile(
        { operations: [{ op: 'add', path: '/spec/containers/7', value: {} }] },
        { live, revisions: [] },
      ),
    ).toEqual({
      refused: 'there is no /spec/containers/7',
    });
  });
});

test('names with slashes and tildes are escaped, and found again', () => {
  const document = { metadata: { annotations: { 'a/b': '1', 'til~de': '2' } } };
  expect(pointer('metadata', 'annotations', 'a/b')).toBe('/metadata/annotations/a~1b');
  expect(valueAt(document, pointer('metadata', 'annotations', 'a/b'))).toBe('1');
  expect(valueAt(document, pointer('metadata', 'annotations', 'til~de'))).toBe('2');
  expect(valueAt(document, '/metadata/labels/x')).toBeUndefined();
  expect(valueAt(document, '/metadata/constructor')).toBeUndefined();
});
