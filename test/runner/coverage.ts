import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { z } from 'zod';
import { repository } from './run-node.ts';

const linesSchema = z.object({ lines: z.object({ total: z.int(), covered: z.int() }) });
const summarySchema = z.record(z.string(), linesSchema);

/** `coverage of lines: 85.1 % (activities 82.0, agents 93.4, …)`, from what the last run with coverage wrote. */
export async function coverageLine(): Promise<string> {
  const file = join(repository, 'coverage', 'coverage-summary.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return 'coverage of lines: not measured';
  const { total, ...files } = summarySchema.parse(JSON.parse(text));
  const rooms = new Map<string, { total: number; covered: number }>();
  for (const [path, { lines }] of Object.entries(files)) {
    const [room = ''] = relative(repository, path).split(sep);
    const known = rooms.get(room) ?? { total: 0, covered: 0 };
    rooms.set(room, { total: known.total + lines.total, covered: known.covered + lines.covered });
  }
  const each = [...rooms].map(([room, lines]) => `${room} ${percent(lines)}`);
  return `coverage of lines: ${percent(total?.lines ?? { total: 0, covered: 0 })} % (${each.join(', ')})`;
}

function percent({ total, covered }: { readonly total: number; readonly covered: number }): string {
  return (total === 0 ? 0 : (covered / total) * 100).toFixed(1);
}
