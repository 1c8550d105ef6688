import type { BackEnds } from '#domain/back-ends.ts';
import { type ErrorCode, messageOf, UnderstudyError } from '#domain/errors.ts';
import type { CallCost } from '../back-ends/json-back-end.ts';

export type AwsOptions = NonNullable<BackEnds['aws']> & {
  readonly limits?: Partial<AwsLimits>;
  /** Told after each call how many requests it has cost. */
  readonly recordCost?: (tool: string, cost: CallCost) => void;
};

/** What one tool call may ask of an account, all its requests together. */
export type AwsLimits = {
  readonly timeoutMs: number;
  readonly maxQueries: number;
  /** Pages of one listing. */
  readonly maxPages: number;
  readonly maxRangeMs: number;
};

export const defaultAwsLimits: AwsLimits = {
  timeoutMs: 25_000,
  maxQueries: 120,
  maxPages: 10,
  maxRangeMs: 24 * 3_600_000,
};

/** What every client of the SDK is made with. Credentials come from the SDK's own chain. */
export type ClientSettings = {
  readonly region?: string;
  readonly profile?: string;
  readonly endpoint?: string;
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: boolean;
  };
};

/** The requests of one tool call in one region, under one deadline and one budget. */
export type AwsCall = {
  /** Where messages say that it was: the region, or what the SDK takes for it. */
  readonly where: string;
  readonly client: ClientSettings;
  /** One request. @param permission the IAM action that it needs, for messages */
  readonly ask: <Answer>(
    permission: string,
    send: (options: { readonly abortSignal: AbortSignal }) => Promise<Answer>,
  ) => Promise<Answer>;
  /** A listing, page by page, and whether it was cut. */
  readonly list: <Item>(
    permission: string,
    page: (
      token: string | undefined,
      options: { readonly abortSignal: AbortSignal },
    ) => Promise<Listed<Item>>,
    maxPages?: number,
  ) => Promise<{ readonly items: Item[]; readonly cut: boolean }>;
};
export type Listed<Item> = { readonly items: readonly Item[] | undefined; readonly next: string | undefined };

const refusals: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^(?:AccessDenied|UnauthorizedOperation|NotAuthorized|Forbidden)/, 'forbidden'],
  [
    /^(?:ExpiredToken|UnrecognizedClient|InvalidClientTokenId|AuthFailure|SignatureDoesNotMatch|InvalidSignature)/,
    'unauthenticated',
  ],
  [/^(?:MissingAuthenticationToken|CredentialsProvider|IncompleteSignature)/, 'unauthenticated'],
  [/^(?:Validation|InvalidParameter|InvalidArgument)/, 'bad-input'],
  [/^(?:Throttl|RequestLimitExceeded|TooManyRequests|LimitExceeded)/, 'unavailable'],
];

const advice: Partial<Readonly<Record<ErrorCode, (permission: string) => string>>> = {
  forbidden: (permission) => `; allow ${permission} to the account that reads`,
  unauthenticated: () => '; give the process credentials: a role, AWS_PROFILE, or aws.profile',
};

/** The SDK fails over an answer that it cannot read: somebody else's page, or an API that is not there. */
function isForeign(error: unknown): boolean {
  return error instanceof Error && /Deserialization error|Closing tag|Opening tag|xml/i.test(error.message);
}

/** A failure of the SDK as one of ours: which request, where, what to do. The SDK's text never holds a key. */
function failureOf(error: unknown, permission: string, where: string): UnderstudyError {
  if (error instanceof UnderstudyError) return error;
  const name = error instanceof Error ? error.name : '';
  if (isForeign(error)) {
    const what = `AWS ${permission} in ${where}: the answer is not in AWS' form`;
    return new UnderstudyError('unavailable', `${what}; is aws.endpoint right?`, { cause: error });
  }
  const code = refusals.find(([pattern]) => pattern.test(name))?.[1] ?? 'unavailable';
  const throttled = /^(?:Throttl|RequestLimitExceeded|TooManyRequests)/.test(name)
    ? '; it is asked too much at the moment'
    : '';
  const told = messageOf(error).replace(/\s+/g, ' ').slice(0, 300);
  const what = `AWS ${permission} in ${where} failed (${name || 'error'}): ${told}`;
  return new UnderstudyError(code, `${what}${throttled}${advice[code]?.(permission) ?? ''}`, {
    cause: error,
  });
}

function clientSettings({ profile, endpoint }: AwsOptions, region: string | undefined): ClientSettings {
  return {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  };
}

export type AwsAccess = {
  readonly limits: AwsLimits;
  readonly logGroups: readonly string[];
  /** Starts one tool call in every region that is configured. */
  readonly startCall: (signal: AbortSignal) => {
    readonly regions: readonly AwsCall[];
    readonly cost: Readonly<CallCost>;
  };
};

export function openAws(options: AwsOptions): AwsAccess {
  const limits = { ...defaultAwsLimits, ...options.limits };
  const startCall = (callerSignal: AbortSignal) => {
    const cost: CallCost = { queries: 0, bytes: 0 };
    const deadline = AbortSignal.timeout(limits.timeoutMs);
    const abortSignal = AbortSignal.any([callerSignal, deadline]);

    const count = (): void => {
      cost.queries += 1;
      if (cost.queries <= limits.maxQueries) return;
      const most = `more than ${limits.maxQueries} requests to AWS for one call`;
      throw new UnderstudyError('too-large', `${most}; ask for less at a time`);
    };
    const callIn = (region: string | undefined): AwsCall => {
      const where = region ?? 'the default region';
      const ask: AwsCall['ask'] = async (permission, send) => {
        try {
          count();
          return await send({ abortSignal });
        } catch (error) {
          if (error instanceof UnderstudyError) throw error;
          if (deadline.aborted) {
            const seconds = limits.timeoutMs / 1_000;
            const waited = `AWS in ${where} did not answer within ${seconds} s (${permission})`;
            throw new UnderstudyError('timeout', waited, { cause: error });
          }
          if (callerSignal.aborted)
            throw new UnderstudyError('timeout', 'the caller gave up', { cause: error });
          throw failureOf(error, permission, where);
        }
      };
      const list: AwsCall['list'] = async <Item>(
        permission: string,
        page: (token: string | undefined, sending: { abortSignal: AbortSignal }) => Promise<Listed<Item>>,
        maxPages = limits.maxPages,
      ) => {
        const items: Item[] = [];
        let token: string | undefined;
        for (let pages = 0; pages < maxPages; pages += 1) {
          const current = token;
          const listed = await ask(permission, (sending) => page(current, sending));
          items.push(...(listed.items ?? []));
          token = listed.next === '' ? undefined : listed.next;
          if (token === undefined) return { items, cut: false };
        }
        return { items, cut: true };
      };
      return { where, client: clientSettings(options, region), ask, list };
    };
    const regions: readonly (string | undefined)[] = options.regions ?? [undefined];
    return { regions: regions.map(callIn), cost };
  };
  return { limits, logGroups: options.logGroups, startCall };
}
