import { messageOf, UnderstudyError } from '#domain/errors.ts';

/** What one tool call has cost a back end. */
export type CallCost = { queries: number; bytes: number };

/** What one tool call may cost: all its requests together. */
export type CallBudget = {
  readonly timeoutMs: number;
  readonly maxQueries: number;
  readonly maxBytes: number;
};

/** `text` is what came; `json` is undefined where a failure was told in plain words. */
export type JsonAnswer = { readonly status: number; readonly json: unknown; readonly text: string };

export type JsonRequest = {
  /** Relative to the back end's address. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
  /** `POST` sends the parameters as a form: long ones do not fit into every proxy's URL. */
  readonly method: 'GET' | 'POST';
  /** Sent as JSON; the parameters go into the URL then. */
  readonly body?: unknown;
};

/** Requests of one tool call, under one deadline and one budget. */
export type JsonCall = {
  readonly cost: Readonly<CallCost>;
  /**
   * Throws `timeout`, `too-large` (budget used up) or `unavailable` (not reached, or an answer that is no JSON). A status
   * that is no success is the caller's to judge.
   */
  readonly send: (request: JsonRequest) => Promise<JsonAnswer>;
};

export type JsonBackEnd = {
  /** How messages call it: `Prometheus at 127.0.0.1:9090`. */
  readonly where: string;
  /** @param signal the caller's; the call's own deadline is added to it */
  readonly startCall: (signal: AbortSignal) => JsonCall;
};

function baseOf(name: string, url: string): URL {
  const base = new URL(url.endsWith('/') ? url : `${url}/`);
  if (base.username !== '' || base.password !== '') {
    const what = `the address of ${name} holds a user or password, which would end up in logs`;
    throw new UnderstudyError('configuration', `${what}; put an authenticating proxy in between`);
  }
  return base;
}

function formOf(parameters: JsonRequest['parameters']): URLSearchParams {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of typeof value === 'string' ? [value] : value) form.append(name, one);
  }
  return form;
}

async function readCapped(response: Response, count: (bytes: number) => void): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of response.body ?? []) {
    count(part.length);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

type Parsing = { readonly where: string; readonly plainFailures: boolean };

function parseJson(text: string, status: number, { where, plainFailures }: Parsing): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (plainFailures && status >= 400 && !/^\s*</.test(text)) return undefined;
    const seen = text.slice(0, 60).replace(/\s+/g, ' ').trim();
    const what = `${where} answered ${status} with something that is not JSON ("${seen}")`;
    throw new UnderstudyError('unavailable', `${what}; is the address right?`, { cause: error });
  }
}

export type JsonBackEndOptions = {
  readonly name: string;
  readonly url: string;
  readonly budget: CallBudget;
  /** Asked for before every request, so that a renewed token is used. */
  readonly headers?: () => Promise<Readonly<Record<string, string>>>;
  /** It tells its failures in plain words, not in JSON. */
  readonly plainFailures?: boolean;
};

type Sending = { readonly target: URL; readonly init: RequestInit };

async function sendingOf(
  { path, parameters, method, body }: JsonRequest,
  base: URL,
  options: JsonBackEndOptions,
): Promise<Sending> {
  const target = new URL(path, base);
  const form = formOf(parameters);
  const headers = (await options.headers?.()) ?? {};
  if (body !== undefined) {
    target.search = form.toString();
    const json = { ...headers, 'content-type': 'application/json' };
    return { target, init: { method, headers: json, body: JSON.stringify(body) } };
  }
  if (method === 'GET') target.search = form.toString();
  return { target, init: { method, headers, ...(method === 'POST' ? { body: form } : {}) } };
}

/**
 * An HTTP service that answers JSON, asked under deadlines and caps.
 * @param options.url its address; a `configuration` error where it holds credentials
 */
export function createJsonBackEnd(options: JsonBackEndOptions): JsonBackEnd {
  const base = baseOf(options.name, options.url);
  const where = `${options.name} at ${base.host}`;
  const parsing: Parsing = { where, plainFailures: options.plainFailures === true };
  const { timeoutMs, maxQueries, maxBytes } = options.budget;

  const startCall = (callerSignal: AbortSignal): JsonCall => {
    const cost: CallCost = { queries: 0, bytes: 0 };
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([callerSignal, deadline]);

    const count = (bytes: number): void => {
      cost.bytes += bytes;
      if (cost.bytes <= maxBytes) return;
      const most = `the answers of ${where} exceed ${maxBytes} bytes for one call`;
      throw new UnderstudyError('too-large', `${most}; ask for less`);
    };
    const countQuery = (): void => {
      cost.queries += 1;
      if (cost.queries <= maxQueries) return;
      const most = `more than ${maxQueries} requests to ${where} for one call`;
      throw new UnderstudyError('too-large', `${most}; ask for less at a time`);
    };
    const failureOf = (error: unknown): UnderstudyError => {
      if (error instanceof UnderstudyError) return error;
      if (deadline.aborted) {
        const waited = `${where} did not answer within ${timeoutMs / 1000} s`;
        return new UnderstudyError('timeout', `${waited}; is it overloaded, or was too much asked?`, {
          cause: error,
        });
      }
      if (callerSignal.aborted) return new UnderstudyError('timeout', 'the caller gave up', { cause: error });
      // fetch says "fetch failed"; why stands in its cause.
      const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
      return new UnderstudyError('unavailable', `${where} could not be reached: ${messageOf(reason)}`, {
        cause: error,
      });
    };

    const send = async (request: JsonRequest): Promise<JsonAnswer> => {
      try {
        countQuery();
        const { target, init } = await sendingOf(request, base, options);
        // A redirect leads to a login page more often than not; its body is refused below.
        const response = await fetch(target, { ...init, redirect: 'manual', signal });
        const text = await readCapped(response, count);
        return { status: response.status, json: parseJson(text, response.status, parsing), text };
      } catch (error) {
        throw failureOf(error);
      }
    };
    return { cost, send };
  };
  return { where, startCall };
}
