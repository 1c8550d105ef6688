import type { Matcher } from './promql.ts';

/** How an outcome label says that a request failed for the server's sake, or was refused for the client's. */
type Outcome = { readonly failed: Matcher[2]; readonly negated: boolean; readonly refused: string };

/** gRPC's codes that tell of a normal end or of the caller's mistake; the others are the server's. */
const grpcRefused = [
  ...['InvalidArgument', 'INVALID_ARGUMENT', 'NotFound', 'NOT_FOUND', 'AlreadyExists', 'ALREADY_EXISTS'],
  ...['PermissionDenied', 'PERMISSION_DENIED', 'FailedPrecondition', 'FAILED_PRECONDITION'],
  ...['OutOfRange', 'OUT_OF_RANGE', 'Unauthenticated', 'UNAUTHENTICATED'],
].join('|');
const grpcWell = 'OK|Canceled|CANCELLED|Cancelled|Aborted|ABORTED';

const http: Outcome = {
  // Failed is what is no status below 500: 5xx, 0, `ECONNREFUSED`, `timeout` …; some write gRPC's words here.
  failed: `[1-4][0-9x][0-9x]|(?i:ok|success|succeeded|informational|redirection|client_error)|${grpcWell}|${grpcRefused}|`,
  negated: true,
  refused: `4[0-9x][0-9x]|(?i:client_error)|${grpcRefused}`,
};
const grpc: Outcome = {
  failed: `${grpcWell}|${grpcRefused}|0|1|3|5|6|7|9|10|11|16|`,
  negated: true,
  refused: `${grpcRefused}|3|5|7|9|16`,
};
const words: Outcome = {
  // A label that may say anything: only what surely is a failure.
  // `ECONNRESET` and its like, in capitals: `executed` is none of them.
  failed: '5[0-9x][0-9x]|E[A-Z]{4,}|(?i:.*error.*|fail.*|.*timeout.*|.*exception.*|unavailable|refused)',
  negated: false,
  refused: '4[0-9x][0-9x]',
};

/** Labels that say how a request ended, the most telling first. */
export const outcomeLabels: Readonly<Record<string, Outcome>> = {
  http_response_status_code: http,
  http_status_code: http,
  response_code: http,
  status_code: http,
  http_status: http,
  http_code: http,
  statuscode: http,
  code: http,
  response_code_class: http,
  envoy_response_code_class: { failed: '5', negated: false, refused: '4' },
  grpc_code: grpc,
  grpc_status: grpc,
  rpc_grpc_status_code: grpc,
  rcode: { failed: 'SERVFAIL|REFUSED', negated: false, refused: 'NXDOMAIN' },
  status: words,
  outcome: {
    failed: '(?i:server_error|error|failure|unknown)',
    negated: false,
    refused: '(?i:client_error)',
  },
  result: words,
  classification: { failed: 'failure', negated: false, refused: 'client_error' },
};
/** The names of these labels, as an argument of a recipe. */
export const outcomePattern = new RegExp(`^(?:${Object.keys(outcomeLabels).join('|')})$`);

/** True where requests of this outcome were refused for the caller's sake. */
export function isRefusal(label: string, value: string): boolean {
  const pattern = outcomeLabels[label]?.refused ?? '(?!)';
  // JavaScript's flag in place of RE2's inline group, which Node knows since version 23 only.
  return new RegExp(`^(?:${pattern.replaceAll('(?i:', '(?:')})$`, 'i').test(value);
}

/** The requests that failed for the server's sake. */
export function failedMatcher(label: string): Matcher {
  const outcome = outcomeLabels[label] ?? http;
  return [label, outcome.negated ? '!~' : '=~', outcome.failed];
}

/** The requests that were refused for the caller's sake. */
export function refusedMatcher(label: string): Matcher {
  return [label, '=~', (outcomeLabels[label] ?? http).refused];
}
