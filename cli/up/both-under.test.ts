import { expect, test } from 'vitest';
import { bothUnder } from './both-under.ts';

const never = new AbortController().signal;

/** Ends when it is told to, a moment later: as a server does that is still coming up. */
function untilTold(signal: AbortSignal, ended: string[]): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      setImmediate(() => {
        ended.push('the other');
        reject(new Error('told to give up'));
      });
    });
  });
}

test('answers with both', async () => {
  expect(await bothUnder(never, () => [Promise.resolve(1), Promise.resolve('two')])).toEqual([1, 'two']);
});

test('when one fails the other is told, and waited for', async () => {
  const ended: string[] = [];
  const work = bothUnder(never, (signal) => [Promise.reject(new Error('no')), untilTold(signal, ended)]);
  await expect(work).rejects.toThrow('no');
  expect(ended).toEqual(['the other']);
});

test('the signal reaches both, and its reason comes out', async () => {
  const controller = new AbortController();
  const ended: string[] = [];
  const work = bothUnder(controller.signal, (signal) => [untilTold(signal, ended), untilTold(signal, ended)]);
  controller.abort(new Error('Ctrl-C'));
  await expect(work).rejects.toThrow('Ctrl-C');
  expect(ended).toEqual(['the other', 'the other']);
});
