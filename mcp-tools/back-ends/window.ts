import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { ToolContext } from '../runtime/tool-context.ts';

/** Milliseconds since the epoch. */
export type TimeWindow = { readonly fromMs: number; readonly toMs: number };

const usualLengthMs = 3_600_000;

/** The moment that an answer should speak of. */
export function nowFor(context: ToolContext): number {
  return context.asOf === undefined ? Date.now() : Date.parse(context.asOf);
}

/**
 * The window that is asked for: without an end to now.
 * @param lengthMs of a window without a start; default: an hour
 */
export function windowOf(
  asked: { readonly from?: string | undefined; readonly to?: string | undefined },
  nowMs: number,
  lengthMs = usualLengthMs,
): TimeWindow {
  const toMs = asked.to === undefined ? nowMs : Date.parse(asked.to);
  const fromMs = asked.from === undefined ? toMs - lengthMs : Date.parse(asked.from);
  if (fromMs >= toMs) throw new UnderstudyError('bad-input', 'from: must be before to');
  return { fromMs, toMs };
}

const cursorSchema = z.tuple([z.string(), z.number()]);

/** A cursor that keeps the moment at which the first page was asked for: what is read goes on growing. */
export function readFrozenCursor(
  cursor: string | undefined,
  nowMs: number,
): { readonly offset: string | undefined; readonly nowMs: number } {
  if (cursor === undefined) return { offset: undefined, nowMs };
  try {
    const [offset, firstMs] = cursorSchema.parse(JSON.parse(cursor));
    return { offset, nowMs: firstMs };
  } catch (cause) {
    throw new UnderstudyError(
      'bad-input',
      'cursor: not one that this tool gave; leave it out to start over',
      {
        cause,
      },
    );
  }
}

/** The page with its cursor frozen to the moment of the first page. */
export function withFrozenCursor<Page extends { readonly nextCursor?: string | undefined }>(
  page: Page,
  nowMs: number,
): Page {
  const { nextCursor } = page;
  return nextCursor === undefined ? page : { ...page, nextCursor: JSON.stringify([nextCursor, nowMs]) };
}
