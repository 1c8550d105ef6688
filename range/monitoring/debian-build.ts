import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const shareFolder = '/usr/share';

/** A command as `execve` takes it. */
export type Command = { command: string; args: readonly string[] };

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/**
 * Debian's builds of Prometheus and Alertmanager read templates and pages from /usr/share, and Alertmanager does not start
 * without. Where the package was unpacked rather than installed, the program gets the package's own folder in that place,
 * in a mount namespace that nobody else sees. Any other build is left as it is.
 */
export async function withSharedFiles(program: Command): Promise<Command> {
  const unpackedShare = join(dirname(dirname(program.command)), 'share');
  const isUnpacked = await exists(join(unpackedShare, 'prometheus'));
  if (!isUnpacked || unpackedShare === shareFolder) return program;
  const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
  // Without root it is root in a user namespace of its own that may mount.
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const namespace = [...user, '--mount', '--propagation', 'private'];
  return {
    command: 'unshare',
    args: [
      ...namespace,
      'sh',
      '-c',
      script,
      'sh',
      unpackedShare,
      shareFolder,
      program.command,
      ...program.args,
    ],
  };
}
