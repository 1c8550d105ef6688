import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiClient } from '#cli/api-client.ts';
import { sendDecision } from '#cli/decide.ts';
import { diagnosesOf } from '#cli/follow.ts';
import { connectTo } from '#cli/instance.ts';
import { assertOnRange } from '#cli/practice/assert-on-range.ts';
import { startInstance } from '#cli/up/up.ts';
import { wordsIn } from '#cli/words/words.ts';
import { configurationSchema } from '#domain/configuration.ts';
import { errorCodeOf, UnderstudyError } from '#domain/errors.ts';
import { createLogger } from '#machine/logger.ts';
import { freePort } from '#machine/ports.ts';
import { createProgress } from '#machine/progress.ts';
import type { PracticeApi } from '#range/check/practice-api.ts';
import type { Range } from '#range/start.ts';

const words = wordsIn('en');
const mostIncidents = 200;

export type PracticeInstance = {
  readonly stateFolder: string;
  readonly range: Range;
  readonly client: ApiClient;
  /** The checker's way in: it approves what is proposed on the range. */
  readonly api: PracticeApi;
  /** Aborts when the measurement is interrupted, and when it is over. */
  readonly signal: AbortSignal;
};

/** A folder for an instance, which PostgreSQL's own user may pass through. */
export async function newStateFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-bench-'));
  await chmod(folder, 0o711);
  return folder;
}

/** Runs an instance with the practice range in a folder of its own while the work is done; nothing of it stays, even when it is interrupted. */
export async function withPracticeInstance(
  work: (instance: PracticeInstance) => Promise<void>,
): Promise<void> {
  const stateFolder = await newStateFolder();
  const progress = createProgress({ stream: process.stderr });
  const over = new AbortController();
  const interrupt = (): void => over.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const instance = await startInstance({
      configuration: configurationSchema.parse({ server: { port: await freePort() } }),
      ...{ practice: true, stateFolder, progress, signal: over.signal },
      log: createLogger({ name: 'bench', file: join(stateFolder, 'log', 'bench.log') }),
    });
    try {
      const { range, serverUrl: url, apiKeyFile, approverKeyFile } = instance;
      if (range === undefined || approverKeyFile === undefined)
        throw new UnderstudyError('internal', 'there is no range');
      const client = await connectTo({ url, apiKeyFile }, { words }, over.signal);
      const approver = await connectTo({ url, apiKeyFile: approverKeyFile }, { words }, over.signal);
      const api = practiceApi(client, approver, range);
      await work({ stateFolder, range, client, api, signal: over.signal });
    } finally {
      over.abort();
      await instance.stop();
    }
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    progress.close();
    await rm(stateFolder, { recursive: true, force: true });
  }
}

function practiceApi(client: ApiClient, approver: ApiClient, range: Range): PracticeApi {
  return {
    listIncidents: () => client.incidents({ limit: mostIncidents }),
    getIncident: async (id) => {
      const found = await client.incident(id);
      return { incident: found.incident, diagnoses: diagnosesOf(found), steps: found.steps };
    },
    listApprovals: () => client.gates({ status: 'open', limit: mostIncidents }),
    approve: async (gate) => {
      await assertOnRange(gate, range.cluster);
      await sendDecision(approver, gate, { decision: 'approve' }, words).catch((error: unknown) => {
        // Closed meanwhile: withdrawn, because its alert ended.
        if (errorCodeOf(error) !== 'conflict') throw error;
      });
    },
  };
}
