import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { JsonAnswer, JsonCall } from '../../back-ends/json-back-end.ts';
import { notOfThatKind, refusalOf } from '../../back-ends/refusal.ts';
import type { TimeWindow } from '../../back-ends/window.ts';
import type { Labels } from './labels.ts';

/** Loki's HTTP API, `/loki/api/v1`. */
export type LokiCall = {
  readonly labels: (window: TimeWindow) => Promise<readonly string[]>;
  /** @param within a selector, or empty for all streams */
  readonly values: (label: string, within: string, window: TimeWindow) => Promise<readonly string[]>;
  /** The newest entries before the end, newest first. Nanoseconds. */
  readonly entries: (query: string, range: LokiRange) => Promise<LokiEntries>;
};
/** `full`: as many as Loki gives at once, so that there may be more. */
export type LokiEntries = { readonly entries: readonly LokiEntry[]; readonly full: boolean };
export type LokiRange = { readonly fromNs: bigint; readonly toNs: bigint; readonly limit: number };
export type LokiEntry = { readonly at: bigint; readonly labels: Labels; readonly line: string };

const namesSchema = z.object({ data: z.array(z.string()).nullish() });
const streamsSchema = z.object({
  data: z.object({
    resultType: z.string(),
    result: z.array(
      z.object({
        stream: z.record(z.string(), z.string()),
        // Newer ones may put structured metadata behind the line.
        values: z.array(z.tuple([z.string().regex(/^\d+$/), z.string()], z.unknown())),
      }),
    ),
  }),
});
const resultTypeSchema = z.object({ data: z.object({ resultType: z.string() }) });

function failureOf(where: string, answer: JsonAnswer): UnderstudyError {
  const refusal = refusalOf(where, answer);
  if (/no org id/i.test(answer.text)) {
    return new UnderstudyError('unauthenticated', `${refusal.message}; it has tenants: set loki.tenant`);
  }
  if (/exceeds? the (?:limit|max)|too (?:many|large)|max(?:imum)? of series/i.test(answer.text)) {
    return new UnderstudyError('too-large', `${refusal.message}; ask for less`);
  }
  return refusal;
}

/** The most entries that this Loki gives at once, where that is what it complains of. */
function entriesLimit(text: string): number | undefined {
  const limit = /max entries limit.*?\((\d+) > (\d+)\)/i.exec(text)?.[2];
  return limit === undefined ? undefined : Number(limit);
}

const ns = (ms: number): string => `${Math.floor(ms)}000000`;

export function lokiCall(call: JsonCall, where: string): LokiCall {
  const ask = async (path: string, parameters: Readonly<Record<string, string>>): Promise<JsonAnswer> =>
    call.send({ path: `loki/api/v1/${path}`, parameters, method: 'GET' });

  const names = async (path: string, parameters: Readonly<Record<string, string>>) => {
    const answer = await ask(path, parameters);
    if (answer.status >= 300) throw failureOf(where, answer);
    const parsed = namesSchema.safeParse(answer.json);
    if (!parsed.success) throw notOfThatKind(where, 'Loki', parsed.error);
    return parsed.data.data ?? [];
  };

  const entries: LokiCall['entries'] = async (query, { fromNs, toNs, limit }) => {
    const parameters = {
      query,
      start: `${fromNs}`,
      end: `${toNs}`,
      limit: `${limit}`,
      direction: 'backward',
    };
    const answer = await ask('query_range', parameters);
    if (answer.status >= 300) {
      const most = entriesLimit(answer.text);
      if (most !== undefined && most > 0 && most < limit)
        return entries(query, { fromNs, toNs, limit: most });
      throw failureOf(where, answer);
    }
    const type = resultTypeSchema.safeParse(answer.json).data?.data.resultType;
    if (type === 'matrix' || type === 'vector') {
      throw new UnderstudyError('bad-input', 'the query counts; only one for log lines is answered here');
    }
    const parsed = streamsSchema.safeParse(answer.json);
    if (!parsed.success) throw notOfThatKind(where, 'Loki', parsed.error);
    const found = parsed.data.data.result.flatMap(({ stream, values }) =>
      values.map(([at, line]) => ({ at: BigInt(at), labels: stream, line })),
    );
    const newestFirst = found.toSorted((a, b) => (a.at > b.at ? -1 : a.at < b.at ? 1 : 0));
    return { entries: newestFirst, full: found.length >= limit };
  };

  return {
    labels: ({ fromMs, toMs }) => names('labels', { start: ns(fromMs), end: ns(toMs) }),
    values: (label, within, { fromMs, toMs }) =>
      names(`label/${encodeURIComponent(label)}/values`, {
        ...{ start: ns(fromMs), end: ns(toMs) },
        ...(within === '' ? {} : { query: within }),
      }),
    entries,
  };
}
