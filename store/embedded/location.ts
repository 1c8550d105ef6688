import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writePrivateFile } from '#machine/private-file.ts';
import { type Account, canReach } from './account.ts';

/** The system's state folder: where things go that another system user must reach. */
export const systemFolder = '/var/lib/understudy';

/**
 * The folder of this state folder's database: inside it, or, where a folder on the way is closed to PostgreSQL's user,
 * under the system's state folder, named after the state folder's path.
 */
export async function databaseFolder(stateFolder: string, account: Account | undefined): Promise<string> {
  const inside = join(resolve(stateFolder), 'postgresql');
  await mkdir(inside, { recursive: true });
  if (await canReach(account, inside)) return inside;
  const hash = createHash('sha256').update(resolve(stateFolder)).digest('hex').slice(0, 16);
  const outside = join(systemFolder, hash);
  await setAsideStrangers(inside, outside);
  await mkdir(outside, { recursive: true, mode: 0o755 });
  await writeFile(join(outside, 'belongs-to'), `${resolve(stateFolder)}\n`);
  return outside;
}

/**
 * Who removed the state folder wanted to begin anew: a database outside that this state folder knows nothing of is moved
 * to `<name>.old` (replacing an older one), never deleted at once.
 */
async function setAsideStrangers(inside: string, outside: string): Promise<void> {
  const [here, there] = await Promise.all([inside, outside].map(readIdentity));
  if (here !== undefined && here === there) return;
  if (existsSync(outside)) {
    await rm(`${outside}.old`, { recursive: true, force: true });
    await rename(outside, `${outside}.old`);
  }
  const identity = randomUUID();
  await mkdir(outside, { recursive: true, mode: 0o755 });
  await writePrivateFile(join(outside, identityName), identity);
  await writePrivateFile(join(inside, identityName), identity);
}

const identityName = 'identity';

async function readIdentity(folder: string): Promise<string | undefined> {
  return readFile(join(folder, identityName), 'utf8').catch(() => undefined);
}
