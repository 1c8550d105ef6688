import { fileURLToPath } from 'node:url';
import { judgeImports } from './import-rules.ts';

const { summary } = await judgeImports(fileURLToPath(new URL('../..', import.meta.url)));
for (const { rule, from, to } of summary.violations) {
  process.stdout.write(`${from} may not import ${to}  (${rule.name})\n`);
}
process.stdout.write(`${summary.totalCruised} modules, ${summary.violations.length} forbidden imports\n`);
process.exitCode = summary.violations.length === 0 ? 0 : 1;
