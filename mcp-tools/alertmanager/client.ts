import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { Matcher } from '#domain/tools/alertmanager.ts';
import { type CallBudget, createJsonBackEnd } from '../back-ends/json-back-end.ts';

export const defaultAlertmanagerBudget: CallBudget = {
  timeoutMs: 10_000,
  maxQueries: 4,
  maxBytes: 32 * 1024 * 1024,
};

const alertSchema = z.object({
  fingerprint: z.string(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  startsAt: z.string(),
  generatorURL: z.string().optional(),
  status: z.object({
    state: z.enum(['active', 'suppressed', 'unprocessed']),
    silencedBy: z.array(z.string()),
    inhibitedBy: z.array(z.string()),
  }),
});
export type RawAlert = z.output<typeof alertSchema>;

const silenceSchema = z.object({
  id: z.string(),
  status: z.object({ state: z.enum(['active', 'pending', 'expired']) }),
  startsAt: z.string(),
  endsAt: z.string(),
  createdBy: z.string(),
  comment: z.string(),
  matchers: z.array(
    z.object({
      name: z.string(),
      value: z.string(),
      isRegex: z.boolean(),
      /** Older ones leave it out where it is true. */
      isEqual: z.boolean().default(true),
    }),
  ),
});
export type RawSilence = z.output<typeof silenceSchema>;

/** Alertmanager's API v2. Throws `bad-input` for what it refuses, `timeout` and `unavailable`. */
export type AlertmanagerClient = {
  /** Unresolved alerts, the silenced and inhibited ones among them. */
  readonly alerts: (matchers: readonly Matcher[], signal: AbortSignal) => Promise<readonly RawAlert[]>;
  readonly silences: (signal: AbortSignal) => Promise<readonly RawSilence[]>;
};

/** Alertmanager unescapes just these three; what JSON escapes besides would stay in the value. */
function quoted(value: string): string {
  return `"${value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))}"`;
}

function filterOf(matcher: Matcher): string {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(matcher.name)) {
    throw new UnderstudyError('bad-input', `matchers: "${matcher.name}" is not the name of a label`);
  }
  const equals = matcher.isEqual ? '=' : '!=';
  const fits = matcher.isEqual ? '=~' : '!~';
  return `${matcher.name}${matcher.isRegex ? fits : equals}${quoted(matcher.value)}`;
}

/** @param options.url address of the server, without `/api/v2` */
export function createAlertmanagerClient(options: {
  readonly url: string;
  readonly budget: CallBudget;
}): AlertmanagerClient {
  const backEnd = createJsonBackEnd({ name: 'Alertmanager', url: options.url, budget: options.budget });

  const get = async <Item extends z.ZodType>(
    path: string,
    parameters: Readonly<Record<string, readonly string[]>>,
    item: Item,
    signal: AbortSignal,
  ): Promise<z.output<Item>[]> => {
    const call = backEnd.startCall(signal);
    const { status, json } = await call.send({ path: `api/v2/${path}`, parameters, method: 'GET' });
    // It says what it refuses as a bare JSON string.
    if (status === 400 && typeof json === 'string') {
      throw new UnderstudyError('bad-input', `Alertmanager: ${json}`);
    }
    const parsed = z.array(item).safeParse(json);
    if (status === 200 && parsed.success) return parsed.data;
    const what = `${backEnd.where} answered ${status} to ${path} in a form that is not Alertmanager's`;
    throw new UnderstudyError('unavailable', `${what}; is the address right?`, { cause: parsed.error });
  };

  return {
    alerts: async (matchers, signal) =>
      await get('alerts', { filter: matchers.map(filterOf) }, alertSchema, signal),
    silences: async (signal) => await get('silences', {}, silenceSchema, signal),
  };
}
