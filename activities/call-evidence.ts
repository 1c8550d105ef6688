import { errorCodeOf, messageOf } from '#domain/errors.ts';
import type { Evidence } from '#domain/evidence.ts';
import type { CallResult } from '#mcp-tools/runtime/client.ts';

type Base = Pick<Evidence, 'id' | 'call' | 'asOf'>;

/** What an answered call is evidence of. */
export function answeredEvidence(base: Base, { output, digest, truncated, gaps }: CallResult): Evidence {
  return { ...base, output, digest, truncated, gaps: [...gaps] };
}

/**
 * What a failed call is evidence of: that this could not be looked at.
 * @param said how it is told as a gap
 */
export function failedEvidence(base: Base, error: unknown, said: string): Evidence {
  return {
    ...base,
    ...{ output: null, digest: said, truncated: false, gaps: [said] },
    error: { code: errorCodeOf(error), message: messageOf(error) },
  };
}
