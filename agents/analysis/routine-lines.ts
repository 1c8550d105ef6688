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
  // What is watched for, set up or tried out, and counts of nothing at the end of a word.
  /^\W*(?:loaded|registered|installed|enabled)\b|\b(?:handler|protection|detect(?:or|ion)|policy|check|guard|limit)\b.{0,40}\b(?:active|enabled|installed|registered|loaded|started|raised|passed|skipped)\b/i,
  /\b(?:exhausted|errors?|failures?|events?|count)\b[^\n\d]{0,20}[:=] ?(?:0|none)(?=$|[,;)\]]|\s+\w+[:=])/i,
  /^\W*(?:test|ok|not ok)\b.*\bpassed\W*$/i,
  // Said to those who look for faults in programs, and to nobody on call.
  /^(?:\[?\d[\d:T.,Z+/ -]*\]?\s+)?\[?(?:DEBUG|TRACE)\b/,
];
