import type { Log } from './log.ts';
import type { Trace } from './trace.ts';

/** One request, as a route sees it. */
export type Call = {
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** The parsed JSON body; undefined where there is none. */
  body: unknown;
  trace: Trace;
  log: Log;
};

export type Route = {
  method: 'GET' | 'POST' | 'DELETE';
  /** `/products/:id`; also the metrics' `route` label. */
  path: string;
  /** Status of success; 200 where absent. */
  status?: number;
  /** Answers the body, which is sent as JSON. */
  handle: (call: Call) => unknown;
};

export type Found = { route: Route; params: Record<string, string> };

/** A part of a path without its escapes; one that is escaped wrongly is taken as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return part;
    throw error;
  }
}

/** The parameters of a path that fits the pattern. */
function match(pattern: readonly string[], pathname: string): Record<string, string> | undefined {
  const given = pathname.split('/');
  if (given.length !== pattern.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = decoded(value);
    else if (part !== value) return undefined;
  }
  return params;
}

/** Finds the first route for a method and path. */
export function createRouter(
  routes: readonly Route[],
): (method: string, pathname: string) => Found | undefined {
  const table = routes.map((route) => ({ route, pattern: route.path.split('/') }));
  return (method, pathname) => {
    for (const { route, pattern } of table) {
      const params = route.method === method ? match(pattern, pathname) : undefined;
      if (params !== undefined) return { route, params };
    }
    return undefined;
  };
}
