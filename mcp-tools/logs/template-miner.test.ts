import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTemplateMiner } from './template-miner.ts';

type Lines = { readonly lines: number[] };

/** Groups of messages, each as the numbers of its messages, in the order in which they were begun; and their templates. */
function mine(messages: readonly string[]) {
  const miner = createTemplateMiner<Lines>({
    begin: () => ({ lines: [] }),
    merge: (into, from) => {
      for (const line of from.lines) into.lines.push(line);
    },
  });
  for (const [index, message] of messages.entries()) miner.learn(message).lines.push(index);
  const groups = miner.groups().map(({ template, tally }) => ({
    template,
    lines: tally.lines.toSorted((a, b) => a - b),
  }));
  return groups;
}

const groupsOf = (messages: readonly string[]) => mine(messages).map(({ lines }) => lines);
const templatesOf = (messages: readonly string[]) => mine(messages).map(({ template }) => template);

const names = ['ann', 'bob', 'cy', 'dan', 'eve', 'fay', 'gus', 'hal'];

describe('messages of one kind share a group', () => {
  test('that differ in what shows by its look that it varies', () => {
    expect(
      templatesOf([
        'GET /api/cart/17 took 12ms for 10.0.0.7:5312',
        'GET /api/orders took 3.5s for 10.1.2.3:80',
        'GET /api/cart/3 took 0ms for 10.0.0.9:41000',
      ]),
    ).toEqual(['GET <*> took <*> for <*>']);
  });

  test('that differ in a word of which many were seen', () => {
    expect(templatesOf(names.map((name) => `connection from ${name} was refused by gateway`))).toEqual([
      'connection from <*> was refused by gateway',
    ]);
    // What came before it was known is of the group, too.
    expect(groupsOf(names.map((name) => `connection from ${name} was refused by gateway`))).toEqual([
      names.map((_, index) => index),
    ]);
  });

  test('that differ in the names of hosts', () => {
    const hosts = ['a.shop.example', 'b.shop.example', 'c.d.shop.example'];
    expect(groupsOf(hosts.map((host) => `no route to ${host} was found`))).toHaveLength(1);
  });

  test('that have a word once where others have a number', () => {
    expect(
      groupsOf(['failed login of user 17 from door', 'failed login of user ann from door']),
    ).toHaveLength(1);
  });

  test('and further places of the same message become open, too', () => {
    const messages = names.flatMap((one) => names.map((other) => `${one} gave the big red ball to ${other}`));
    expect(new Set(messages.map((message) => message.split(' ').length))).toEqual(new Set([8]));
    expect(templatesOf(messages)).toEqual(['<*> gave the big red ball to <*>']);
  });
});

describe('messages of several kinds have several groups', () => {
  test('that differ in a word of which few were seen', () => {
    const states = ['instance was started by the operator', 'instance was stopped by the operator'];
    expect(groupsOf([...states, ...states])).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });

  test('that have little in common but their length', () => {
    expect(groupsOf(names.map((name) => `${name} 17 of eth0`))).toHaveLength(names.length);
  });

  test('of different interfaces, exceptions and lengths', () => {
    expect(
      groupsOf([
        'link up on eth0',
        'link up on wlan0',
        'java.io.EOFException: null',
        'java.net.SocketException: null',
        'link up',
      ]),
    ).toHaveLength(5);
  });
});

const word = fc.constantFrom(
  'get',
  'put',
  'cart',
  'order',
  'failed',
  'timeout',
  '12',
  '7ms',
  'α',
  '<*>',
  '/a/b',
  '',
);
const message = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));

describe('for any messages', () => {
  test('the same messages give the same groups and templates', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), (messages) => {
        expect(mine(messages)).toEqual(mine(messages));
      }),
    );
  });

  test('each message is in one group', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 80 }), (messages) => {
        const all = groupsOf(messages).flat();
        expect(all.toSorted((a, b) => a - b)).toEqual([...messages.keys()]);
      }),
    );
  });

  test('the words of a template are those of its messages, or open', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), (messages) => {
        for (const { template, lines } of mine(messages)) {
          const fixed = template.split(' ').filter((each) => !each.includes('<*>'));
          for (const line of lines) expect(messages[line]?.split(' ')).toEqual(expect.arrayContaining(fixed));
        }
      }),
    );
  });
});

test('memory is bounded, and nothing is lost from the counts', () => {
  let seed = 1;
  const next = (): string => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed.toString(36).replace(/\d/g, 'x');
  };
  const messages = Array.from({ length: 12_000 }, () => `${next()} ${next()} ${next()} ${next()}`);
  const found = groupsOf(messages);
  expect(found.length).toBeLessThan(2_200);
  expect(found.flat()).toHaveLength(messages.length);
});
