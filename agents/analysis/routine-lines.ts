/** What programs say while all is well, or of trouble that is over or none of theirs. */
export const routineLines: readonly RegExp[] = [
  // The other side has gone away.
  /broken pipe|EPIPE|context canceled|client (?:has )?(?:closed|disconnected|aborted)|ClientAbortException|unexpected EOF on client connection|could not receive data from client|Aborted connection|stream (?:was )?(?:closed|canceled) by (?:the )?(?:client|peer)/i,
  // It worked in the end.
  /(?:retry|retries|attempts?)\b.{0,40}\b(?:succeeded|successful)|succeeded after \d+|reconnected|connection (?:was )?re-?established|recovered (?:after|from)/i,
  // Somebody asked it to stop.
  /(?:received|caught|got) (?:signal )?(?:SIGTERM|SIGINT|terminated|15\b)|graceful(?:ly)? (?:shut|stop|terminat)|http: Server closed|signal: terminated/i,
  // Probes, deprecations, counts of nothing.
  /kube-probe\/|"(?:GET|HEAD) \/(?:healthz?|livez|readyz|ready|live|ping|metrics)\b[^"]*" 2\d\d|deprecat|\b(?:no|0|without) (?:errors?|failures?)\b/i,
];
