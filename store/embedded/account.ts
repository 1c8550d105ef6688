import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UnderstudyError } from '#domain/errors.ts';
import { findCommand, outputOf, runCommand } from '#machine/system-command.ts';

/** The system user that PostgreSQL runs as; it refuses to run as root. */
export type Account = { uid: number; gid: number };

const userName = 'postgres';

/** `undefined`: as the user we are. Root gets the system's `postgres` user, made when there is none. */
export async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  return (await lookUp()) ?? (await create());
}

async function lookUp(): Promise<Account | undefined> {
  const [uid, gid] = await Promise.all([outputOf('id', ['-u', userName]), outputOf('id', ['-g', userName])]);
  if (uid === undefined || gid === undefined) return undefined;
  return { uid: Number(uid), gid: Number(gid) };
}

async function create(): Promise<Account> {
  const useradd = await findCommand('useradd');
  try {
    if (useradd === undefined) throw new Error('there is no useradd');
    // As Debian's own packages make it, so that they can be installed later.
    const home = ['--home-dir', '/var/lib/postgresql', '--no-create-home', '--shell', '/usr/sbin/nologin'];
    await runCommand(useradd, ['--system', '--user-group', ...home, userName]);
    const account = await lookUp();
    if (account !== undefined) return account;
    throw new Error('useradd made no user');
  } catch (cause) {
    throw new UnderstudyError(
      'not-supported',
      'PostgreSQL does not run as root, and a system user for it could not be made: ' +
        'run Understudy as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own',
      { cause },
    );
  }
}

/** Whether an account may pass through a folder and everything above it. Everybody may for `undefined` (ourselves). */
export async function canReach(account: Account | undefined, folder: string): Promise<boolean> {
  if (account === undefined) return true;
  for (let each = folder; ; each = dirname(each)) {
    const { mode, uid, gid } = await stat(each);
    const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
    if (((mode >> shift) & 1) === 0) return false;
    if (each === dirname(each)) return true;
  }
}
