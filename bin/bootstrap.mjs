// What `npm start`, `npm test` and the project's other scripts begin with.
import { launch } from './launch.mjs';

const [task = 'start', ...args] = process.argv.slice(2);

switch (task) {
  case 'start':
    await launch('cli/main.ts', ['start', ...args]);
    break;
  case 'test':
    await launch('test/run.ts', args, { needsDevelopment: true });
    break;
  case 'bench':
    await launch('test/bench/run.ts', args, { needsDevelopment: true });
    break;
  case 'eval':
    await launch('test/eval/run.ts', args, { needsDevelopment: true });
    break;
  case 'check':
    await launch('test/check.ts', args, { needsDevelopment: true });
    break;
  case 'pictures':
    await launch('test/pictures/run.ts', args, { needsDevelopment: true });
    break;
  default:
    process.stderr.write(`usage: node bin/bootstrap.mjs start|test|bench|eval|check|pictures [arguments]\n`);
    process.exitCode = 2;
}
