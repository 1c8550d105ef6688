import type { CauseCode } from '#domain/causes/codes.ts';

/**
 * What container runtimes say of a container that they could not make or start (containerd and CRI-O above runc or crun, and
 * Docker before them); the first that fits.
 */
const failures: readonly (readonly [RegExp, CauseCode])[] = [
  [/exec format error/i, 'image.wrong-architecture'],
  // "(a directory onto a file)": what is mounted is not of the form of the place, or is not there on the host.
  [
    /error mounting|are you trying to mount|failed to (prepare|create) subpath|failed to (stat|mkdir) ["']?\//i,
    'storage.volume-mount-failed',
  ],
  [/unable to find (user|group)|no matching entries in (passwd|group) file/i, 'container.user-not-allowed'],
  // Its working directory: whether a command is there was not looked at.
  [/chdir to cwd .*no such file/i, 'container.other'],
  [
    /executable file .*not found|no command specified|\bexec:? .*no such file or directory|open executable: no such file|\bexec: .*is a directory/i,
    'container.command-not-found',
  ],
  [/permission denied|operation not permitted/i, 'container.permission-denied'],
];

/** Why a runtime could not start a container, by its own words; undefined for words that are not known. */
export function startFailureOf(message: string): CauseCode | undefined {
  return failures.find(([pattern]) => pattern.test(message))?.[1];
}
