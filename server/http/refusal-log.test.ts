import { pino } from 'pino';
import { expect, test } from 'vitest';
import { UnderstudyError } from '#domain/errors.ts';
import { createRefusalLog } from './refusal-log.ts';

test('the first refusal of a kind is told at once with its causes, the rest as a number', () => {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line) => lines.push(JSON.parse(line)) });
  let ms = 1_000;
  const note = createRefusalLog({ log, nowMs: () => ms, everyMs: 10_000 });
  const cause = new Error('permission denied to set role');
  const error = new UnderstudyError('unavailable', 'it could not be stored', { cause });
  const refusal = { traceId: 't', route: '/api/v1/alerts', status: 503, code: 'unavailable', error };
  note(refusal);
  expect(lines).toMatchObject([
    {
      level: 40,
      status: 503,
      reason: 'it could not be stored: permission denied to set role',
      alsoRefused: 0,
    },
  ]);
  note(refusal);
  note(refusal);
  note({ ...refusal, status: 413, code: 'too-large' });
  expect(lines.map((line) => line.status)).toEqual([503, 413]);
  ms += 10_000;
  note(refusal);
  expect(lines.at(-1)).toMatchObject({ status: 503, alsoRefused: 2 });
});
