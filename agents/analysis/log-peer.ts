/** Whom a line tells of a call to. */
export type Peer = { readonly host: string; readonly port?: number };

const host = String.raw`\[?([A-Za-z0-9_][A-Za-z0-9_.-]*[A-Za-z0-9])\]?`;
const port = String.raw`(\d{2,5})`;

/** How runtimes and client libraries name the other end; the more exact ones stand first. */
const forms: readonly RegExp[] = [
  // Go: the name before the resolver that was asked for it
  new RegExp(String.raw`\blookup ${host}(?: on|:|$)`),
  new RegExp(String.raw`\b(?:dial|read|write) (?:tcp|udp)[46]? (?:\S+->)?${host}:${port}`),
  // PostgreSQL's and MySQL's clients
  new RegExp(String.raw`connection to server at "${host}"(?: \([^)]*\))?, port ${port}`),
  new RegExp(String.raw`\bserver on '${host}(?::${port})?'`),
  new RegExp(String.raw`\bfor host '${host}'`),
  // Node
  new RegExp(String.raw`\b(?:connect )?E[A-Z]{4,}\s+(?:[a-z]+ )?${host}:${port}`),
  new RegExp(String.raw`\bgetaddrinfo [A-Z_]+ ${host}(?::${port})?`),
  // Python
  new RegExp(String.raw`ConnectionPool\(host='${host}', port=${port}\)`),
  // Java: name/address:port
  new RegExp(String.raw`\b[Cc]onnect(?:ion)?(?: refused:| to) ${host}(?:\/[\d.]*)?:${port}`),
  new RegExp(String.raw`\bUnknownHostException: ${host}`),
  // nginx
  new RegExp(String.raw`\bupstream: "\w+:\/\/${host}(?::${port})?`),
  new RegExp(String.raw`\bin upstream "${host}`),
  // anything with a URL, or with words before an address
  new RegExp(
    String.raw`\b(?:https?|grpc|amqps?|rediss?|postgres(?:ql)?|mysql|mongodb|kafka|tcp):\/\/(?:[^\s/@]*@)?${host}(?::${port})?`,
  ),
  new RegExp(
    String.raw`\b(?:to|at|from|host[:=]?|server|broker|upstream|resolve(?: host)?:?) "?'?${host}:${port}\b`,
  ),
  new RegExp(String.raw`\b(?:resolve(?: host)?:?|host(?:name)?[:=]) *["']?${host}`),
];

/** The other end of a call that a line speaks of; undefined where it names none. */
export function peerOf(line: string): Peer | undefined {
  const text = line.slice(0, 4_000);
  for (const form of forms) {
    const match = form.exec(text);
    const name = match?.[1];
    if (name === undefined || /^\d+$/.test(name)) continue;
    const number = Number(match?.[2]);
    return { host: name, ...(number > 0 && number < 65_536 ? { port: number } : {}) };
  }
  return undefined;
}

/** True for a name or an address that lies outside of the cluster and its private networks. */
export function isOutsideName({ host: name }: Peer): boolean {
  if (/^\d+(?:\.\d+){3}$/.test(name)) {
    return !/^(?:10|127|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./.test(
      name,
    );
  }
  return (
    /\.[a-z]{2,}$/i.test(name) &&
    !/\.(?:svc|cluster|local|internal|lan|test|localdomain|svc\.[\w.]+)$/i.test(name) &&
    name.split('.').length > 2
  );
}
