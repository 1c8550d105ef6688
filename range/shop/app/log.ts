export type LogFields = Readonly<Record<string, unknown>>;

export type Log = {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose lines all carry these fields. */
  with(fields: LogFields): Log;
};

/** One JSON object a line; an `Error` under `error` keeps its name, message and stack. */
export function createLog(base: LogFields, writeLine: (line: string) => void): Log {
  const write = (level: string, msg: string, fields: LogFields = {}): void => {
    const line = { time: new Date().toISOString(), level, msg, ...base, ...fields };
    writeLine(`${JSON.stringify(line, replaceErrors)}\n`);
  };
  return {
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    with: (fields) => createLog({ ...base, ...fields }, writeLine),
  };
}

function replaceErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { name, message, stack, ...(cause === undefined ? {} : { cause }) };
}
