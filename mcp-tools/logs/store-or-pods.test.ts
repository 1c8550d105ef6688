import { expect, test } from 'vitest';
import { UnderstudyError } from '#domain/errors.ts';
import { type Place, readFirst } from './store-or-pods.ts';

type Page = { items: string[]; gaps: string[]; hint?: string; nextCursor?: string };

const place = (
  name: string,
  answer: Partial<Page> | Error,
  asked: (string | undefined)[] = [],
): Place<Page> => ({
  name,
  read: async (cursor) => {
    asked.push(cursor);
    if (answer instanceof Error) throw answer;
    return { items: [], gaps: [], ...answer };
  },
});
const down = new UnderstudyError('unavailable', 'Loki could not be reached');

test('the first that has something answers, and the others are left alone', async () => {
  const asked: (string | undefined)[] = [];
  const page = await readFirst(
    [place('Loki', { items: ['a'] }), place('pods', { items: ['b'] }, asked)],
    undefined,
  );
  expect([page.items, asked]).toEqual([['a'], []]);
});

test('where a store fails the pods answer, and the failure is a gap', async () => {
  const page = await readFirst([place('Loki', down), place('pods', { items: ['b'] })], undefined);
  expect(page).toMatchObject({ items: ['b'], gaps: ['logs of Loki: Loki could not be reached'] });
});

test('where a store has nothing the pods answer; where nobody has, each says why', async () => {
  expect(await readFirst([place('Loki', {}), place('pods', { items: ['b'] })], undefined)).toMatchObject({
    items: ['b'],
  });
  const nobody = [
    place('Loki', { hint: 'no such service' }),
    place('pods', { hint: 'no such pod', gaps: ['x'] }),
  ];
  expect(await readFirst(nobody, undefined)).toMatchObject({
    items: [],
    hint: 'no such service; no such pod',
    gaps: ['x'],
  });
});

test('where all fail the first failure is told; a mistake of ours is not hidden', async () => {
  const other = new UnderstudyError('forbidden', 'pods may not be read');
  await expect(readFirst([place('Loki', down), place('pods', other)], undefined)).rejects.toBe(down);
  await expect(
    readFirst([place('Loki', new TypeError('ours')), place('pods', {})], undefined),
  ).rejects.toThrow('ours');
});

test('the next page comes from where the first one came from', async () => {
  const asked: (string | undefined)[] = [];
  const places = [place('Loki', {}), place('pods', { items: ['b'], nextCursor: '["7",1]' }, asked)];
  const { nextCursor } = await readFirst(places, undefined);
  await readFirst(places, nextCursor);
  expect(asked).toEqual([undefined, '["7",1]']);
  await expect(readFirst(places, 'nonsense')).rejects.toMatchObject({ code: 'bad-input' });
  await expect(readFirst(places, 'Tempo | 1')).rejects.toMatchObject({ code: 'bad-input' });
});
