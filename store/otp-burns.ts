import type { Tx } from './tx.ts';

export type OtpUse = {
  readonly user: string;
  /** The code's time step (RFC 6238): seconds since the epoch divided by 30. */
  readonly step: number;
  readonly gateId: string;
  readonly runId: string;
  readonly eventId: number;
};

/**
 * Uses up a user's one-time code of a time step. True for its first user, and for the same one again: judging a decision
 * twice is no second use.
 */
export async function burnOtp(tx: Tx, use: OtpUse): Promise<boolean> {
  await tx.query(
    `INSERT INTO otp_burns (user_name, step, gate_id, run_id, event_id) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING`,
    [use.user, use.step, use.gateId, use.runId, use.eventId],
  );
  const rows = await tx.query(
    `SELECT 1 AS ours FROM otp_burns
     WHERE user_name = $1 AND step = $2 AND gate_id = $3 AND run_id = $4 AND event_id = $5`,
    [use.user, use.step, use.gateId, use.runId, use.eventId],
  );
  return rows.length > 0;
}
