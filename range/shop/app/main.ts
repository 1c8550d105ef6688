import { launch } from './launch.ts';
import { createLog } from './log.ts';

// Usage: node main.ts <role>
const roleName = process.argv[2] ?? '';
const { SERVICE_NAME: service = roleName, VERSION: version = 'unknown' } = process.env;
const log = createLog({ service, version }, (line) => process.stdout.write(line));

async function main(): Promise<void> {
  const running = await launch(roleName, process.env, log);
  const stop = (signal: string): void => {
    log.info('stopping', { signal });
    running.shutDown().then(
      () => process.exit(),
      (error: unknown) => {
        log.error('could not stop cleanly', { error });
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  log.error(`cannot start: ${reason}`, { error });
  process.exitCode = 1;
});
