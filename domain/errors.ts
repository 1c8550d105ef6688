/**
 * The one error type that crosses a room's boundary.
 *
 * `code` is stable and may be shown, logged and tested; `message` says what happened and what to do about it, and holds
 * no secret; `cause` keeps what was caught.
 */
export class UnderstudyError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Readonly<Record<string, string | number | boolean>> } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'UnderstudyError';
    this.code = code;
    this.details = options.details ?? {};
  }
}

export const errorCodes = [
  'bad-input',
  'not-found',
  'conflict',
  'forbidden',
  'unauthenticated',
  'too-large',
  'unavailable',
  'timeout',
  'not-supported',
  'already-running',
  'configuration',
  'not-the-range',
  'grant-refused',
  'precondition-failed',
  'program-missing',
  'read-only',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** The code of an error of ours, `internal` for anything else. */
export function errorCodeOf(error: unknown): ErrorCode {
  return error instanceof UnderstudyError ? error.code : 'internal';
}

/** A message that may be shown: an error's own message, or the value as text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
