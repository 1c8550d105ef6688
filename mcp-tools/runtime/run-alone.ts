import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { parse } from 'yaml';
import type { z } from 'zod';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { serveHttp } from './serve-http.ts';
import { serveStdio } from './serve-stdio.ts';
import type { ToolServer } from './server.ts';

/** What a tool server's `main.ts` says of itself. */
export type StandaloneServer<Settings extends z.ZodType> = {
  readonly name: string;
  /** What the settings file holds. */
  readonly settings: Settings;
  readonly create: (settings: z.output<Settings>) => ToolServer | Promise<ToolServer>;
};

const tokenVariable = 'UNDERSTUDY_TOOL_TOKEN';
const settingsVariable = 'UNDERSTUDY_TOOL_SETTINGS';

async function readSettings<Settings extends z.ZodType>(
  schema: Settings,
  file: string,
): Promise<z.output<Settings>> {
  const parsed = schema.safeParse(parse(await readFile(file, 'utf8')));
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || '(all)'}: ${issue.message}`);
  throw new UnderstudyError('configuration', `${file}: ${issues.join('; ')}`);
}

async function serveOverHttp(server: ToolServer, port: number): Promise<void> {
  const token = process.env[tokenVariable];
  if (token === undefined || token === '') {
    throw new UnderstudyError('configuration', `set ${tokenVariable} to the token that callers must bring`);
  }
  const { url } = await serveHttp(server, { port, token });
  process.stderr.write(`${server.name}: ${url}\n`);
}

async function start<Settings extends z.ZodType>(standalone: StandaloneServer<Settings>): Promise<void> {
  const command = new Command(standalone.name)
    .addOption(new Option('--stdio', 'serve over stdin and stdout').conflicts('http'))
    .addOption(new Option('--http <port>', 'serve on 127.0.0.1').argParser(Number))
    .addOption(new Option('--settings <file>', 'YAML or JSON').env(settingsVariable).makeOptionMandatory())
    .parse();
  const options = command.opts<{ stdio?: true; http?: number; settings: string }>();
  const server = await standalone.create(await readSettings(standalone.settings, options.settings));
  if (options.http !== undefined) await serveOverHttp(server, options.http);
  else if (options.stdio === true) serveStdio(server);
  else command.error('say how to serve: --stdio or --http <port>');
}

/**
 * Runs one tool server by itself: `node mcp-tools/<name>/main.ts --stdio|--http PORT --settings FILE`. The settings file
 * may be named by `UNDERSTUDY_TOOL_SETTINGS`; callers over HTTP bring the token of `UNDERSTUDY_TOOL_TOKEN`.
 */
export async function runAlone<Settings extends z.ZodType>(
  standalone: StandaloneServer<Settings>,
): Promise<void> {
  try {
    await start(standalone);
  } catch (error) {
    process.stderr.write(`${standalone.name}: ${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}
