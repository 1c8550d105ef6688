import { DatabaseError } from 'pg';
import { type ErrorCode, messageOf, UnderstudyError } from '#domain/errors.ts';

/** SQLSTATE classes and codes whose meaning we know, the longest match first. */
const codesByState: Readonly<Record<string, ErrorCode>> = {
  '57014': 'timeout', // statement_timeout
  '55P03': 'timeout', // lock_timeout
  '40P01': 'unavailable', // deadlock, after the repeats
  '40001': 'unavailable', // serialization, after the repeats
  '42501': 'forbidden', // row-level security, append-only
  '08': 'unavailable',
  '53': 'unavailable', // disk full, too many connections
  '57': 'unavailable', // shutdown, crash
  '58': 'unavailable',
  '22': 'bad-input',
  '54': 'bad-input', // too large for an index or a limit
  '23': 'conflict',
};

function codeOfState(state: string): ErrorCode {
  return codesByState[state] ?? codesByState[state.slice(0, 2)] ?? 'internal';
}

const repeatable: readonly unknown[] = ['40P01', '40001'];

/** True for an error of ours that says that the same transaction may be tried again at once. */
export function mayRepeat(error: unknown): boolean {
  return error instanceof UnderstudyError && repeatable.includes(error.details.sqlState);
}

/** True where the server itself refused a statement, so that the connection is still good. */
export function isRefusal(error: unknown): boolean {
  return error instanceof DatabaseError && error.severity !== 'FATAL' && error.severity !== 'PANIC';
}

/** An error of the database as one of ours. What never reached the server, or never came back, is `unavailable`. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof UnderstudyError) return error;
  if (error instanceof DatabaseError) {
    const state = error.code ?? '';
    return new UnderstudyError(codeOfState(state), `PostgreSQL refused: ${error.message}`, {
      cause: error,
      details: { sqlState: state },
    });
  }
  return new UnderstudyError(
    'unavailable',
    `PostgreSQL does not answer (${messageOf(error)}); check that it runs and that the address is right`,
    { cause: error },
  );
}
