import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import { keepLogSmall } from './log-file.ts';

export type { Logger } from 'pino';

/** Fields that a line carries when it is about them; bind them with `log.child({ incidentId })`. */
export type LogFields = { traceId?: string; incidentId?: string; workflowId?: string };

/** A value under one of these names is never written, at the top or one level down. */
const secretNames = [
  'password',
  'secret',
  'token',
  'authorization',
  'cookie',
  'otp',
  'apiKey',
  'databaseUrl',
];

/**
 * A logger of one process: a JSON object a line, with `time` (RFC 3339), `level`, `name`, `msg` and what is bound.
 * To `file` when given (for processes whose terminal belongs to a person), to standard error otherwise.
 * UNDERSTUDY_LOG_LEVEL sets the level (default `info`).
 */
export function createLogger(options: { name: string; file?: string }): Logger {
  return pino(
    {
      name: options.name,
      level: process.env.UNDERSTUDY_LOG_LEVEL ?? 'info',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: secretNames.flatMap((name) => [name, `*.${name}`]),
    },
    writeTo(options.file),
  );
}

/** Written at once rather than buffered: the last lines before a kill are the ones that are read. */
function writeTo(file: string | undefined): DestinationStream {
  if (file === undefined) return destination({ fd: 2, sync: true });
  keepLogSmall(file);
  return destination({ dest: file, sync: true, mkdir: true, mode: 0o600 });
}
