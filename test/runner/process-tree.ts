import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

type Kinship = { readonly pid: number; readonly parent: number };

/** The numbers of all processes that this one, or one of those, has started and that still run. */
export function descendantsOf(pid: number): number[] {
  const all = process.platform === 'linux' ? fromProc() : fromPs();
  const found: number[] = [];
  for (let parents = [pid]; parents.length > 0; ) {
    const children = all.filter(({ parent }) => parents.includes(parent)).map((each) => each.pid);
    found.push(...children);
    parents = children;
  }
  return found;
}

/** A bare machine has no `ps`. */
function fromProc(): Kinship[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const status = statusOf(name);
      const parent = /^PPid:\t(\d+)$/m.exec(status)?.[1];
      return parent === undefined ? [] : [{ pid: Number(name), parent: Number(parent) }];
    });
}

/** Empty for a process that has ended since the folder was listed. */
function statusOf(name: string): string {
  try {
    return readFileSync(`/proc/${name}/status`, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return '';
    throw error;
  }
}

function fromPs(): Kinship[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid = 0, parent = 0] = line.trim().split(/\s+/).map(Number);
    return { pid, parent };
  });
}
