import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open, readlink } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnderstudyError } from '#domain/errors.ts';
import { run, systemPath } from './run.ts';

/** A mount and a network namespace of a node's own, in which its programs run with their ordinary paths. */
export type NodeNamespace = {
  /** Puts a command line into the namespace: `nsenter` and its arguments, to be followed by the command. */
  enter(command: string, args: readonly string[]): { command: string; args: string[] };
  /** Runs a command inside and answers its output. */
  run(
    command: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
    input?: Readable,
  ): Promise<string>;
  /** Lets go: the namespace ends with the last process in it, and takes its mounts and its end of the link along. */
  close(): Promise<void>;
};

export type NamespaceRequest = {
  /** Files and folders of this machine that appear inside at another path; both must exist. */
  binds: readonly { from: string; to: string }[];
  /** Paths that are empty memory inside. */
  tmpfs: readonly string[];
  /** Name of the bridge's end of the link; the node's end is `eth0`. */
  link: string;
  bridge: string;
  /** The node's address with its prefix length, `10.160.0.11/24`. */
  address: string;
  gateway: string;
  routes: readonly { to: string; via: string }[];
};

const appearTimeoutMs = 5000;

/**
 * Makes the namespace of one node. It is held open by this process through file handles, not by a process that sleeps in it:
 * nothing that could be killed stands between a node and its namespace, and after a kill -9 of ours it lives exactly as
 * long as the node's programs.
 */
export async function createNodeNamespace(request: NamespaceRequest): Promise<NodeNamespace> {
  const holder = spawn(
    'unshare',
    ['--mount', '--net', '--propagation', 'private', '--', 'sleep', 'infinity'],
    { stdio: 'ignore', env: { PATH: systemPath } },
  );
  const gone = once(holder, 'exit');
  await once(holder, 'spawn');
  const pid = holder.pid;
  if (pid === undefined) throw new UnderstudyError('internal', 'unshare started without a process id');
  try {
    await waitForNewNamespaces(pid);
    const handles = await Promise.all([open(`/proc/${pid}/ns/mnt`), open(`/proc/${pid}/ns/net`)]);
    const namespace = namespaceOf(...handles);
    await furnish(namespace, request, pid).catch(async (error: unknown) => {
      await namespace.close();
      throw error;
    });
    return namespace;
  } finally {
    holder.kill('SIGKILL');
    await gone;
  }
}

async function waitForNewNamespaces(pid: number): Promise<void> {
  const ours = await Promise.all([readlink('/proc/self/ns/mnt'), readlink('/proc/self/ns/net')]);
  const deadline = Date.now() + appearTimeoutMs;
  while (Date.now() < deadline) {
    const theirs = await Promise.all([
      readlink(`/proc/${pid}/ns/mnt`),
      readlink(`/proc/${pid}/ns/net`),
    ]).catch((error: unknown) => {
      throw new UnderstudyError(
        'not-supported',
        'this machine does not let us create namespaces; see "understudy doctor"',
        {
          cause: error,
        },
      );
    });
    if (theirs[0] !== ours[0] && theirs[1] !== ours[1]) return;
    await sleep(5);
  }
  throw new UnderstudyError('timeout', 'unshare did not create the namespaces of a node within 5 s');
}

function namespaceOf(mount: FileHandle, network: FileHandle): NodeNamespace {
  const flags = [
    `--mount=/proc/${process.pid}/fd/${mount.fd}`,
    `--net=/proc/${process.pid}/fd/${network.fd}`,
    '--',
  ];
  const enter = (command: string, args: readonly string[]): { command: string; args: string[] } => ({
    command: 'nsenter',
    args: [...flags, command, ...args],
  });
  return {
    enter,
    run: (command, args, env = { PATH: systemPath }, input) => {
      const inside = enter(command, args);
      return run(inside.command, inside.args, input === undefined ? { env } : { env, input });
    },
    close: async () => {
      await Promise.all([mount.close(), network.close()]);
    },
  };
}

async function furnish(namespace: NodeNamespace, request: NamespaceRequest, pid: number): Promise<void> {
  await mountInside(namespace, request);
  const peer = ['peer', 'name', 'eth0', 'netns', String(pid)];
  await run('ip', ['link', 'add', request.link, 'type', 'veth', ...peer]);
  await connectInside(namespace, request);
}

async function mountInside(namespace: NodeNamespace, request: NamespaceRequest): Promise<void> {
  for (const { from, to } of request.binds) await namespace.run('mount', ['--bind', from, to]);
  for (const path of request.tmpfs)
    await namespace.run('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', path]);
  await namespace.run('mkdir', ['-p', '/run/containerd', '/run/netns', '/run/lock']);
}

async function connectInside(namespace: NodeNamespace, request: NamespaceRequest): Promise<void> {
  await run('ip', ['link', 'set', request.link, 'master', request.bridge, 'up']);
  await namespace.run('ip', ['link', 'set', 'lo', 'up']);
  await namespace.run('ip', ['address', 'add', request.address, 'dev', 'eth0']);
  await namespace.run('ip', ['link', 'set', 'eth0', 'up']);
  // Service addresses are rewritten after the first routing decision: without any route they would not get that far.
  await namespace.run('ip', ['route', 'add', 'default', 'via', request.gateway]);
  for (const { to, via } of request.routes) await namespace.run('ip', ['route', 'add', to, 'via', via]);
  // The switch belongs to the network namespace: the machine's own stays as it is.
  const on = Readable.from(['1']);
  await namespace.run('tee', ['/proc/sys/net/ipv4/ip_forward'], { PATH: systemPath }, on);
}
