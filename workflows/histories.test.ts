import { readdir, readFile } from 'node:fs/promises';
import { Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testBundle } from '#test/workflows/bundle.ts';
import { historyFolder, recordHistories } from '#test/workflows/record-histories.ts';

// Set when a workflow was changed on purpose: `UNDERSTUDY_RECORD_HISTORIES=1 npm test -- workflows/histories`.
if (process.env.UNDERSTUDY_RECORD_HISTORIES === '1') await recordHistories();

const names = (await readdir(historyFolder)).filter((name) => name.endsWith('.json')).toSorted();

const startedSchema = z.object({
  events: z.tuple(
    [z.object({ workflowExecutionStartedEventAttributes: z.object({ workflowId: z.string() }) })],
    z.unknown(),
  ),
});

/** Under its own id, which a workflow looks at. */
function workflowIdOf(history: unknown): string {
  return startedSchema.parse(history).events[0].workflowExecutionStartedEventAttributes.workflowId;
}

/** A workflow that is open while we upgrade replays its history in the new code: it must take the same path. */
describe('golden histories', () => {
  it('are there for every workflow that may be open at an upgrade', () => {
    for (const kind of ['incident', 'remediation', 'learning']) {
      expect(
        names.some((name) => name.startsWith(kind)),
        kind,
      ).toBe(true);
    }
  });

  it.each(names)('%s replays without a difference', async (name) => {
    const history: unknown = JSON.parse(await readFile(`${historyFolder}${name}`, 'utf8'));
    await Worker.runReplayHistory({ workflowBundle: await testBundle() }, history, workflowIdOf(history));
  });

  it('notices a workflow that takes another path', async () => {
    const text = await readFile(`${historyFolder}incident-mended.json`, 'utf8');
    const history: unknown = JSON.parse(text.replaceAll('"setPhase"', '"somethingElse"'));
    await expect(
      Worker.runReplayHistory({ workflowBundle: await testBundle() }, history, workflowIdOf(history)),
    ).rejects.toThrow(/TMPRL1100|[Nn]ondeterminism/);
  });
});
