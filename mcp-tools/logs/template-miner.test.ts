import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTemplateMiner } from './template-miner.ts';

function mine(messages: readonly string[]) {
  const miner = createTemplateMiner();
  const groups = messages.map((message) => miner.learn(message));
  return { groups, templates: groups.map((group) => miner.templateOf(group)), miner };
}

describe('messages of one kind share a group', () => {
  test('that differ in numbers, addresses and identifiers', () => {
    const { groups, templates } = mine([
      'GET /api/cart/17 took 12ms for 10.0.0.7:5312',
      'GET /api/cart/17 took 3.5s for 10.1.2.3:80',
      'GET /api/cart/17 took 0ms for 10.0.0.9:41000',
    ]);
    expect(new Set(groups).size).toBe(1);
    expect(templates[0]).toBe('GET /api/cart/<*> took <*> for <*>');
    const uuid = '0f8fad5b-d9cb-469f-a165-70867728950e';
    expect(mine([`order ${uuid} failed at 2026-08-01T10:00:00Z`]).templates).toEqual([
      'order <*> failed at <*>',
    ]);
  });

  test('that differ in a word', () => {
    const { groups, templates } = mine([
      'connection from alice was refused by gateway',
      'connection from bob was refused by gateway',
    ]);
    expect(new Set(groups).size).toBe(1);
    expect(templates[1]).toBe('connection from <*> was refused by gateway');
  });

  test('and other kinds have other groups', () => {
    const { groups } = mine([
      'cache miss for key a',
      'connection refused by peer',
      'cache miss for key b',
      'out of memory',
    ]);
    expect(groups).toEqual([0, 1, 0, 2]);
  });

  test('when most of a message is numbers', () => {
    const { groups } = mine(['10 20 30 total 1', '11 21 31 total 2', '12 22 32 total 3']);
    expect(new Set(groups).size).toBe(1);
  });
});

test('a word that varies stays open, and does not make everything alike', () => {
  const { groups } = mine([
    'job alpha done in time',
    'job beta done in time',
    'job gamma lost its worker',
    'job delta lost its worker',
  ]);
  expect(groups).toEqual([0, 0, 1, 1]);
});

const word = fc.constantFrom(
  'get',
  'put',
  'cart',
  'order',
  'failed',
  'ok',
  'timeout',
  '12',
  '7ms',
  'α',
  '<*>',
  '',
);
const message = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));

describe('for any messages', () => {
  test('the same messages give the same groups and templates', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), (messages) => {
        expect(mine(messages).templates).toEqual(mine(messages).templates);
      }),
    );
  });

  test("a template has as many words as each of its messages, and each is its message's word or open", () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 60 }), (messages) => {
        const { groups, miner } = mine(messages);
        for (const [index, text] of messages.entries()) {
          const template = miner.templateOf(groups[index] ?? -1).split(' ');
          const words = text.trim().split(/\s+/);
          expect(template).toHaveLength(words.length);
          for (const [place, templateWord] of template.entries()) {
            if (!templateWord.includes('<*>')) expect(words[place]).toBe(templateWord);
          }
        }
      }),
    );
  });
});

test('memory is bounded: random text makes no more than a few thousand groups', () => {
  const miner = createTemplateMiner();
  let seed = 1;
  const next = (): string => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed.toString(36).replace(/\d/g, 'x');
  };
  for (let i = 0; i < 20_000; i += 1) miner.learn(`${next()} ${next()} ${next()} ${next()}`);
  expect(miner.groupCount()).toBeLessThan(2_200);
  expect(miner.learn(`${next()} ${next()} ${next()} ${next()}`)).toBeGreaterThanOrEqual(0);
});

test('is fast enough to read logs while people wait', () => {
  const miner = createTemplateMiner();
  const lines = Array.from(
    { length: 50_000 },
    (_, i) => `GET /api/item/${i} from 10.0.0.${i % 256} took ${i % 900}ms status=${i % 7 === 0 ? 500 : 200}`,
  );
  // Of this process's own time: on a busy machine the clock runs on while it waits for its turn.
  const before = process.cpuUsage();
  for (const line of lines) miner.learn(line);
  const cpuSeconds = process.cpuUsage(before).user / 1e6;
  expect(lines.length / cpuSeconds).toBeGreaterThan(20_000);
});
