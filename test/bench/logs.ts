import type { Emitter } from '#domain/tools/emitter.ts';
import { createPatternMiner } from '#mcp-tools/logs/mine-patterns.ts';
import { readLine } from '#mcp-tools/logs/read-container-log.ts';
import { print, rounded } from './figures.ts';

/** Lines as several programs write them, each as `kubectl logs --timestamps` prints it; no two are the same. */
const programs: readonly { readonly name: string; readonly line: (i: number) => string }[] = [
  {
    name: 'cart',
    line: (i) =>
      `2026-08-01 10:00:00,${i % 1000} ${i % 50 === 0 ? 'ERROR' : 'INFO'} [pool-1-thread-${i % 16}] com.shop.CartService: cart ${i} of user u${i % 5000} saved in ${i % 90} ms to 10.0.${i % 256}.7:5432`,
  },
  {
    name: 'orders',
    line: (i) =>
      `{"level":"${i % 20 === 0 ? 'warn' : 'info'}","ts":1785578400.${i % 1000},"caller":"orders/place.go:${i % 300}","msg":"order placed","order":"${i.toString(16)}-af3","items":${i % 9},"took":"${i % 40}ms"}`,
  },
  {
    name: 'gateway',
    line: (i) =>
      `10.1.${i % 256}.${i % 200} - - [01/Aug/2026:10:00:00 +0000] "GET /api/items/${i}?page=${i % 7} HTTP/1.1" ${i % 97 === 0 ? 503 : 200} ${i % 9000} "-" "Mozilla/5.0 (X11; Linux x86_64)"`,
  },
  {
    name: 'stock',
    line: (i) =>
      `time="2026-08-01T10:00:00Z" level=info msg="stock of item ${i} is ${i % 80}" service=stock shard=${i % 12} took=${i % 30}ms`,
  },
  {
    name: 'node',
    line: (i) =>
      `Aug  1 10:00:00 node-${i % 9} kubelet[${1000 + (i % 70)}]: volume pvc-${i.toString(16)} of pod "cart-${i % 40}" is mounted`,
  },
];

const linesEach = 80_000;
const templatesAtMost = 40;

function textOf(line: (i: number) => string): string {
  const lines = Array.from(
    { length: linesEach },
    (_, i) => `2026-08-01T10:00:00.${100_000 + (i % 800_000)}Z ${line(i)}`,
  );
  // By way of bytes, as it comes from a file: text that was just put together is not yet in one piece.
  return Buffer.from(lines.join('\n')).toString();
}

/** From the text of a log to its patterns: parsing, templates and counts, in one process. */
function measure(): void {
  const miner = createPatternMiner({ fromMs: undefined, toMs: undefined, baseline: undefined });
  let seconds = 0;
  let bytes = 0;
  for (const { name, line } of programs) {
    const emitter: Emitter = { namespace: 'shop', workload: name, pod: `${name}-1`, container: 'main' };
    const text = textOf(line);
    // Of this process's own time: on a busy machine the clock runs on while it waits for its turn.
    const before = process.cpuUsage();
    for (const each of text.split('\n')) {
      const { line: read, parsed } = readLine(each, { emitter }, false);
      miner.add(read, parsed);
    }
    const used = process.cpuUsage(before);
    seconds += (used.user + used.system) / 1e6;
    bytes += text.length;
  }
  const lines = linesEach * programs.length;
  const patterns = miner.patterns('any', false).length;
  if (patterns > templatesAtMost) throw new Error(`${patterns} patterns of ${programs.length} programs`);
  print({
    name: 'logs.lines_per_s',
    value: rounded(lines / seconds, 0),
    unit: '1/s',
    aim: '>= 200000',
    how: `${lines} lines of ${Math.round(bytes / lines)} characters of ${programs.length} programs (plain, JSON, logfmt, access log, syslog), from text to ${patterns} patterns, per second of the process's own time; resident ${Math.round(process.resourceUsage().maxRSS / 1024)} MB, the text itself included`,
  });
}

measure();
