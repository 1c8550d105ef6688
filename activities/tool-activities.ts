import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { errorCodeOf, messageOf } from '#domain/errors.ts';
import type { Evidence, EvidenceReceipt } from '#domain/evidence.ts';
import { derivedUuid } from '#domain/ids.ts';
import { evidenceOfCall, putEvidence } from '#store/evidence.ts';
import { inTenant } from '#store/pool.ts';
import { answeredEvidence, failedEvidence } from './call-evidence.ts';
import type { ReadDeps } from './deps.ts';
import type { CallToolInput, ToolActivities } from './types.ts';

/** How long one read may take before it becomes a gap: an investigation does not wait for a slow back end. */
const callTimeoutMs = 10_000;
/** A second try helps against a lost connection; a third only costs time. */
const tries = 2;

function receiptOf(evidence: Evidence): EvidenceReceipt {
  const { id, digest, truncated, gaps, error } = evidence;
  // The digest is for readers of the history; the evidence itself is in the store.
  return { id, digest: digest.slice(0, 300), truncated, gaps: gaps.slice(0, 5), failed: error !== undefined };
}

async function callOnce(
  deps: ReadDeps,
  input: CallToolInput,
  id: string,
): Promise<{ evidence: Evidence; durationMs: number }> {
  const startedMs = performance.now();
  const { call, asOf } = input;
  const base = { id, call, asOf };
  try {
    const answer = await deps.tools.call(call, {
      signal: cancellationSignal(),
      timeoutMs: callTimeoutMs,
      asOf,
    });
    return { evidence: answeredEvidence(base, answer), durationMs: answer.durationMs };
  } catch (error) {
    const passing = errorCodeOf(error) === 'unavailable';
    if (passing && activityInfo().attempt < tries) {
      throw ApplicationFailure.create({
        message: messageOf(error),
        type: 'ToolUnavailable',
        cause: error as Error,
      });
    }
    deps.log.warn({ err: error, incidentId: input.incidentId, tool: call.tool }, 'a tool call failed: a gap');
    const said = `${call.server}: ${messageOf(error)}`;
    return { evidence: failedEvidence(base, error, said), durationMs: performance.now() - startedMs };
  }
}

export function createToolActivities(deps: ReadDeps): ToolActivities {
  return {
    async callTool(input) {
      const known = await inTenant(deps.store, input.tenant, (tx) =>
        evidenceOfCall(tx, input.workflowId, input.callSeq),
      );
      if (known !== undefined) return receiptOf(known);
      const id = derivedUuid(input.workflowId, input.callSeq);
      const { evidence, durationMs } = await callOnce(deps, input, id);
      const { incidentId, workflowId, callSeq } = input;
      const stored = await inTenant(deps.store, input.tenant, (tx) =>
        putEvidence(tx, { incidentId, workflowId, callSeq, evidence, durationMs }),
      );
      return receiptOf(stored);
    },
  };
}
