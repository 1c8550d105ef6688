import { spawn } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPrograms } from '#machine/program.ts';
import { defaultCacheFolder } from '#machine/program-cache.ts';
import { apiLevelPrograms } from '#range/programs.ts';
import { postgresAccount } from '#store/embedded/account.ts';
import { temporalProgram } from '#temporal-dev/temporal-program.ts';
import { actorWrites, describeWrite } from '#test/setup/actor-writes.ts';
import { type Played, playedBy } from '#test/setup/practice-play.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const builtPrograms = join(defaultCacheFolder(process.env), 'programs');
const playTimeoutMs = 400_000;
// Building everything from source takes about ten minutes where nothing is cached.
const programsTimeoutMs = 25 * 60_000;

/** Root's folders, as an ordinary user may see them: the project, the programs that were built, and Node. */
type Views = { readonly project: string; readonly programs: string; readonly node: string };

/**
 * Mounts the views for what it starts alone, and gives root up for good: the user, its groups, and any way back.
 * $1 to $6: what is seen, and where; $7 and $8: the user's ids; then the command.
 */
const asOrdinaryUser = `
  mount --bind "$1" "$2" && mount --bind "$3" "$4" && mount --bind "$5" "$6" && user=$7 group=$8 && shift 8 &&
  exec setpriv --reuid "$user" --regid "$group" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs "$@"
`;

async function play(home: string, views: Views, user: { uid: number; gid: number }): Promise<Played> {
  const node = join(views.node, basename(process.execPath));
  const binds = [
    ...[repository, views.project],
    ...[builtPrograms, views.programs],
    ...[dirname(process.execPath), views.node],
  ];
  const command = [node, join(views.project, 'bin', 'understudy.mjs'), 'start', '--auto-approve'];
  const inNamespace = ['--mount', '--propagation', 'private', 'sh', '-c', asOrdinaryUser, 'sh'];
  const child = spawn('unshare', [...inNamespace, ...binds, `${user.uid}`, `${user.gid}`, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: home,
    env: {
      PATH: process.env.PATH,
      HOME: home,
      UNDERSTUDY_HOME: join(home, 'state'),
      NO_COLOR: '1',
    },
  });
  return playedBy(child);
}

const auditLogIn = (home: string) => join(home, 'state', 'range', 'cluster', 'audit', 'audit.log');

/** What somebody new who is not root gets of `npm start`, whole: nothing in it may need more than an ordinary user has. */
describe.runIf(process.platform === 'linux' && process.getuid?.() === 0)('practice without root', () => {
  let home: string;
  let views: Views;
  let user: { uid: number; gid: number };

  beforeAll(async () => {
    await findPrograms([temporalProgram, ...Object.values(apiLevelPrograms)]);
    const account = await postgresAccount();
    if (account === undefined) throw new Error('there is no ordinary user to run as');
    user = account;
    home = await mkdtemp(join(tmpdir(), 'understudy-user-'));
    await chmod(home, 0o755);
    views = {
      project: join(home, 'project'),
      programs: join(home, '.cache', 'understudy', 'programs'),
      node: join(home, 'node'),
    };
    for (const folder of [...Object.values(views), builtPrograms]) await mkdir(folder, { recursive: true });
    for (const folder of [home, join(home, '.cache'), join(home, '.cache', 'understudy')])
      await chown(folder, user.uid, user.gid);
  }, programsTimeoutMs);
  afterAll(() => rm(home, { recursive: true, force: true }));

  it(
    'has simulated nodes by itself; its incident is found, approved, mended by exactly one write, verified, remembered',
    async () => {
      const since = new Date();
      const { code, output } = await play(home, views, user);
      expect(code, output).toBe(0);
      expect(output).toContain('Its nodes and pods are simulated');
      expect(output).toContain('CASE');
      expect(output).toContain('image.bad-reference');
      const writes = await actorWrites(auditLogIn(home), since);
      expect(writes.map(describeWrite)).toEqual(['patch deployments/recommendations']);
    },
    playTimeoutMs,
  );
});
