import { type ErrorCode, UnderstudyError } from '#domain/errors.ts';
import type { JsonAnswer } from './json-back-end.ts';

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'bad-input',
  401: 'unauthenticated',
  403: 'forbidden',
  408: 'timeout',
  413: 'too-large',
  422: 'bad-input',
  504: 'timeout',
};

const advice: Partial<Readonly<Record<ErrorCode, string>>> = {
  unauthenticated: '; set its authorizationFile',
  forbidden: '; the account that it was given may not read this',
};

const longestReason = 300;

/** What a back end's own words come to, as one of our errors; of a status that is no success. */
export function refusalOf(where: string, answer: JsonAnswer, reason = answer.text): UnderstudyError {
  const { status } = answer;
  const code = codes[status] ?? 'unavailable';
  const said = reason.replace(/\s+/g, ' ').trim().slice(0, longestReason);
  const busy = status === 429 ? '; it is asked too much at the moment' : '';
  const what = `${where} answered ${status}${said === '' ? '' : `: ${said}`}`;
  return new UnderstudyError(code, `${what}${busy}${advice[code] ?? ''}`);
}

/** An answer that is a success and not in the form that this kind of back end has. */
export function notOfThatKind(where: string, kind: string, cause: unknown): UnderstudyError {
  const what = `${where} answered in a form that is not ${kind}'s`;
  return new UnderstudyError('unavailable', `${what}; is the address right?`, { cause });
}
