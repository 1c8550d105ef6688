import { type ErrorCode, errorCodeOf } from '#domain/errors.ts';

/** What scripts may rely on. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  forbidden: 4,
  /** Also: somebody else decided first. */
  conflict: 5,
  timeout: 6,
  /** A person said no. */
  rejected: 7,
  unreachable: 8,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What ends a command in its own way: Ctrl-C, a polite kill, the terminal's closing. */
export const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type EndingSignal = (typeof endingSignals)[number];

/** 128 and the signal's number, as a shell would say it. */
export function exitCodeOfSignal(reason: unknown): ExitCode {
  if (reason === 'SIGTERM') return exitCodes.terminated;
  return reason === 'SIGHUP' ? exitCodes.hungUp : exitCodes.interrupted;
}

const byErrorCode: Readonly<Record<ErrorCode, ExitCode>> = {
  'bad-input': exitCodes.usage,
  'too-large': exitCodes.usage,
  configuration: exitCodes.usage,
  'not-found': exitCodes.notFound,
  forbidden: exitCodes.forbidden,
  unauthenticated: exitCodes.forbidden,
  'not-the-range': exitCodes.forbidden,
  'grant-refused': exitCodes.forbidden,
  'read-only': exitCodes.forbidden,
  conflict: exitCodes.conflict,
  'already-running': exitCodes.conflict,
  'precondition-failed': exitCodes.conflict,
  timeout: exitCodes.timeout,
  unavailable: exitCodes.unreachable,
  'not-supported': exitCodes.failure,
  'program-missing': exitCodes.failure,
  internal: exitCodes.failure,
};

/** The exit code that an error ends the program with. */
export function exitCodeOf(error: unknown): ExitCode {
  return byErrorCode[errorCodeOf(error)];
}
