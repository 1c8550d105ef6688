import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePrivateFolder, writePrivateFile } from '#machine/private-file.ts';

/** Where an instance keeps its secrets; every file is readable for its owner alone. */
export type SecretFiles = {
  /** The server's own: signing keys. */
  readonly keyFolder: string;
  /** The public half of the grant key, for the actions process. */
  readonly grantPublicKey: string;
  /** What workers call the server with. */
  readonly internalToken: string;
  /** The administrator's API key, used by the command line. */
  readonly apiKey: string;
  /** What Alertmanager posts alerts with. */
  readonly intakeKey: string;
  /** The practice range's approver; decides for environment `practice` only. */
  readonly approverKey: string;
};

/** Where `understudy up` keeps everything. */
export function ownInstanceFolder(stateFolder: string): string {
  return join(stateFolder, 'own');
}

export function secretFiles(stateFolder: string): SecretFiles {
  const folder = join(stateFolder, 'secrets');
  return {
    keyFolder: join(folder, 'server'),
    grantPublicKey: join(folder, 'server', 'grant.public.pem'),
    internalToken: join(folder, 'internal-token'),
    apiKey: join(folder, 'api-key'),
    intakeKey: join(folder, 'intake-key'),
    approverKey: join(folder, 'range-approver-key'),
  };
}

/** Makes the folders and the token between our own processes, where they are not there yet. */
export async function ensureSecrets(stateFolder: string): Promise<SecretFiles> {
  const files = secretFiles(stateFolder);
  await ensurePrivateFolder(join(stateFolder, 'run'));
  await ensurePrivateFolder(files.keyFolder);
  if (!existsSync(files.internalToken)) {
    await writePrivateFile(files.internalToken, `${randomBytes(32).toString('base64url')}\n`);
  }
  return files;
}
