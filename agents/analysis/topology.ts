/** Who calls whom, between services. */
export type CallGraph = {
  readonly services: ReadonlySet<string>;
  readonly calleesOf: (service: string) => readonly string[];
  readonly callersOf: (service: string) => readonly string[];
};

export type CallEdge = { readonly from: string; readonly to: string };

/** A call graph from edges; repeated edges and calls to oneself do not count. */
export function callGraph(edges: readonly CallEdge[]): CallGraph {
  const callees = new Map<string, Set<string>>();
  const callers = new Map<string, Set<string>>();
  for (const { from, to } of edges) {
    if (from === to) continue;
    callees.set(from, (callees.get(from) ?? new Set()).add(to));
    callers.set(to, (callers.get(to) ?? new Set()).add(from));
  }
  return {
    services: new Set([...callees.keys(), ...callers.keys()]),
    calleesOf: (service) => [...(callees.get(service) ?? [])],
    callersOf: (service) => [...(callers.get(service) ?? [])],
  };
}

/** Services that can be reached from some, with the number of calls between; the starting ones are 0 away. */
export function hopsFrom(
  starts: readonly string[],
  next: (service: string) => readonly string[],
  maxHops: number,
): Map<string, number> {
  const hops = new Map<string, number>(starts.map((service) => [service, 0]));
  let frontier = [...hops.keys()];
  for (let hop = 1; hop <= maxHops && frontier.length > 0; hop += 1) {
    frontier = [...new Set(frontier.flatMap(next))].filter((service) => !hops.has(service));
    for (const service of frontier) hops.set(service, hop);
  }
  return hops;
}

/**
 * Where trouble that travels from callee to caller can have started: anomalous services that call no anomalous service
 * (the rule of MicroRCA and Causeinfer's descendants: Chen et al., INFOCOM 2014). Services that call one another in a ring
 * excuse one another only where another anomalous service is reached from the ring; otherwise all of the ring are suspects.
 */
export function suspects(graph: CallGraph, anomalous: ReadonlySet<string>): string[] {
  const within = (service: string) => graph.calleesOf(service).filter((callee) => anomalous.has(callee));
  const reach = new Map(
    [...anomalous].map((service) => [service, new Set(hopsFrom([service], within, anomalous.size).keys())]),
  );
  return [...anomalous].filter((service) => {
    const below = [...(reach.get(service) ?? [])].filter((other) => other !== service);
    // Whoever is reached and reaches back is in the same ring.
    return below.every((other) => reach.get(other)?.has(service) === true);
  });
}

/** The calls that lead from one service down to another, both included; empty where there is no way. */
export function pathBetween(graph: CallGraph, from: string, to: string): string[] {
  const before = new Map<string, string>();
  const seen = new Set([from]);
  let frontier = [from];
  while (frontier.length > 0 && !seen.has(to)) {
    const next: string[] = [];
    for (const service of frontier) {
      for (const callee of graph.calleesOf(service)) {
        if (seen.has(callee)) continue;
        seen.add(callee);
        before.set(callee, service);
        next.push(callee);
      }
    }
    frontier = next;
  }
  if (!seen.has(to)) return [];
  const path = [to];
  for (let at = before.get(to); at !== undefined; at = before.get(at)) path.unshift(at);
  return path;
}
