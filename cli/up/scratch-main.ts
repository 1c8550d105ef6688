import { configurationSchema } from '#domain/configuration.ts';
import { createLogger } from '#machine/logger.ts';
import { createProgress } from '#machine/progress.ts';
import { startInstance } from './up.ts';

const i = await startInstance({
  configuration: configurationSchema.parse({}),
  practice: true,
  stateFolder: '/tmp/smoke/p',
  progress: createProgress({ stream: process.stderr, language: 'en' }),
  log: createLogger({ name: 'up' }),
});
process.stdout.write(JSON.stringify(i) + '\n');
process.once('SIGTERM', () => void i.stop());
