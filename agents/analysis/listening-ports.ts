/** A port on which a program says that it listens. */
export type ListeningPort = {
  readonly port: number;
  /** It listens for its own machine alone: nobody from outside gets through. */
  readonly loopback: boolean;
};

/**
 * What servers say when they begin to listen: `listening on :8080`, `Tomcat started on port(s): 8080 (http)`, `Uvicorn running
 * on http://0.0.0.0:8000`, `Started ServerConnector@1{HTTP/1.1}{0.0.0.0:8080}`. What follows a colon twice is a time.
 */
const phrases: readonly RegExp[] = [
  /\b(?:listening|listens|serving|bound to|accepting connections)\b[^\n]{0,60}?(?:\bports?(?:\(s\))?[ :=("']+|:)(\d{2,5})\b(?!:\d)/i,
  /\b(?:running|available|ready) (?:on|at)\b[^\n]{0,60}?(?:\bport[ :="']+|:)(\d{2,5})\b(?!:\d)/i,
  /\bstarted\b[^\n]{0,50}?\bports?(?:\(s\))?[ :=("']+(\d{2,5})\b/i,
  /\bstarted \w*connector\b[^\n]*:(\d{2,5})\}/i,
];

/** Ports for those who look after a program, and addresses of others. */
const besides =
  /metric|prometheus|admin|debug|pprof|health|management|actuator|gossip|peer|upstream|proxying|connect(?:ed|ing) to/i;
const loopback = /(?:127\.0\.0\.1|localhost|\[?::1\]?)[:'")\s]/i;
const leastPort = 80;

/** The port that a line says its program serves at; undefined for lines that say no such thing. */
export function listeningPort(line: string): ListeningPort | undefined {
  if (besides.test(line)) return undefined;
  const told = phrases.map((phrase) => phrase.exec(line)?.[1]).find((found) => found !== undefined);
  const port = Number(told);
  if (told === undefined || port < leastPort || port > 65_535) return undefined;
  return { port, loopback: loopback.test(line) };
}
