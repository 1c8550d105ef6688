import { availableParallelism, totalmem } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/setup/longest-first.ts';
import { workerCount } from './test/setup/worker-count.ts';

const coveredRooms = [
  'activities',
  'agents',
  'cli',
  'domain',
  'knowledge',
  'machine',
  'mcp-tools',
  'range',
  'server',
  'store',
  'temporal-dev',
  'workflows',
];

// biome-ignore lint/style/noDefaultExport: vitest reads a default export
export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '.understudy/**', 'coverage/**'],
    globalSetup: ['test/setup/global-setup.ts'],
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    maxWorkers: workerCount({
      cores: availableParallelism(),
      // A container's own bound, where it has one.
      memoryBytes: Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
    }),
    // Real servers, on machines that have other things to do: these end what hangs, they judge nothing.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 60_000 } },
    coverage: {
      provider: 'v8',
      // Shown when a test fails, too.
      reportOnFailure: true,
      include: coveredRooms.map((room) => `${room}/**/*.ts`),
      exclude: ['**/*.test.ts'],
      reporter: ['text-summary', 'json-summary'],
      // Workflows count as not covered: they run in Temporal's sandbox, where nobody sees lines.
      thresholds: { lines: 80 },
    },
  },
});
