import {
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { z } from 'zod';
import { type ErrorCode, errorCodes, messageOf, UnderstudyError } from '#domain/errors.ts';
import { redactText } from './redaction.ts';

/** What went wrong when a server was asked, as one of our errors. */

const failureText = z.object({ error: z.object({ code: z.enum(errorCodes), message: z.string() }) });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // A server that is not ours says it in plain words.
  }
}

/** The error that an `isError` result of a tool tells of. */
export function failureOfResult(tool: string, content: readonly unknown[]): UnderstudyError {
  const text = content
    .flatMap((block) =>
      typeof block === 'object' && block !== null && 'text' in block ? [String(block.text)] : [],
    )
    .join('\n');
  const known = failureText.safeParse(parseJson(text));
  return known.success
    ? new UnderstudyError(known.data.error.code, known.data.error.message)
    : new UnderstudyError('unavailable', `${tool} failed: ${redactText(text).slice(0, 2000)}`);
}

const codeByHttpStatus: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  413: 'too-large',
};

function codeOf(error: unknown): ErrorCode {
  if (error instanceof UnauthorizedError) return 'unauthenticated';
  if (error instanceof SdkHttpError) return codeByHttpStatus[error.status ?? 0] ?? 'unavailable';
  if (error instanceof SdkError)
    return error.code === SdkErrorCode.RequestTimeout ? 'timeout' : 'unavailable';
  // The server answered, and says that there is no such tool or that it cannot read the request.
  if (error instanceof ProtocolError) return 'not-supported';
  return 'unavailable';
}

/** An error of the SDK or the network as one of ours. */
export function failureOfCall(tool: string, error: unknown): UnderstudyError {
  if (error instanceof UnderstudyError) return error;
  const code = codeOf(error);
  const verb = code === 'timeout' ? 'did not answer in time' : 'could not be asked';
  return new UnderstudyError(code, `${tool} ${verb}: ${redactText(messageOf(error))}`, { cause: error });
}

/** True where the connection itself is broken and another try needs a new one. */
export function isBrokenConnection(error: unknown): boolean {
  if (error instanceof ProtocolError || error instanceof UnderstudyError) return false;
  if (error instanceof SdkHttpError) return (error.status ?? 0) >= 500;
  return !(error instanceof SdkError) || error.code !== SdkErrorCode.RequestTimeout;
}
