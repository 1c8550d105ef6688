import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { type ErrorCode, messageOf, UnderstudyError } from '#domain/errors.ts';

/** gRPC status codes that are answers; whatever is not here is Temporal being down, slow or overloaded. */
const codesByStatus: Readonly<Record<number, ErrorCode>> = {
  3: 'bad-input', // INVALID_ARGUMENT
  5: 'not-found', // NOT_FOUND
  6: 'conflict', // ALREADY_EXISTS
  7: 'forbidden', // PERMISSION_DENIED
  9: 'precondition-failed', // FAILED_PRECONDITION
  12: 'not-supported', // UNIMPLEMENTED
  16: 'forbidden', // UNAUTHENTICATED
};

function grpcStatus(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof Error && error.cause !== undefined ? grpcStatus(error.cause) : undefined;
}

/** An error of Temporal's client as one of ours. */
export function asTemporalError(error: unknown): UnderstudyError {
  if (error instanceof UnderstudyError) return error;
  if (error instanceof WorkflowNotFoundError)
    return new UnderstudyError('not-found', 'Temporal knows no such open workflow', { cause: error });
  const code = codesByStatus[grpcStatus(error) ?? -1] ?? 'unavailable';
  return new UnderstudyError(code, `Temporal: ${messageOf(error)}`, { cause: error });
}
