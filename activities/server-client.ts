import { readFile } from 'node:fs/promises';
import { ApplicationFailure } from '@temporalio/common';
import { request } from 'undici';
import { z } from 'zod';
import type { GateState } from '#domain/gate.ts';
import type { GrantAnswer } from './types.ts';

/** What workers ask of the server: it alone holds the keys, so it alone judges decisions and signs grants. */
export type ServerClient = {
  judgeGate(gateId: string): Promise<GateState>;
  issueGrant(gateId: string): Promise<GrantAnswer>;
};

const gateStateSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('open'), approvals: z.number(), refused: z.string().exactOptional() }),
  z.object({ state: z.literal('approved'), by: z.array(z.string()) }),
  z.object({ state: z.literal('rejected'), by: z.string(), reason: z.string() }),
  z.object({ state: z.literal('edited'), by: z.string(), edits: z.record(z.string(), z.unknown()) }),
]);
const grantSchema = z.object({ grant: z.string() });
const problemSchema = z.object({ detail: z.string().optional(), title: z.string().optional() });

const timeoutMs = 15_000;

export function createServerClient(options: { serverUrl: string; internalTokenFile: string }): ServerClient {
  const post = async (path: string): Promise<{ status: number; body: unknown }> => {
    const token = (await readFile(options.internalTokenFile, 'utf8')).trim();
    const answer = await request(new URL(path, options.serverUrl), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    return { status: answer.statusCode, body: await answer.body.json().catch(() => ({})) };
  };
  const refusalOf = (body: unknown, status: number): string => {
    const problem = problemSchema.safeParse(body);
    return (
      (problem.success ? (problem.data.detail ?? problem.data.title) : undefined) ??
      `the server answered ${status}`
    );
  };
  return {
    async judgeGate(gateId) {
      const { status, body } = await post(`/internal/v1/gates/${encodeURIComponent(gateId)}/judge`);
      if (status !== 200) throw ApplicationFailure.retryable(refusalOf(body, status), 'JudgeFailed');
      return gateStateSchema.parse(body);
    },
    async issueGrant(gateId) {
      const { status, body } = await post(`/internal/v1/gates/${encodeURIComponent(gateId)}/grant`);
      if (status === 200) return { granted: true, grant: grantSchema.parse(body).grant };
      if (status >= 500) throw ApplicationFailure.retryable(refusalOf(body, status), 'GrantFailed');
      return { granted: false, refused: refusalOf(body, status) };
    },
  };
}
