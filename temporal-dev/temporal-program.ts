import type { Platform } from '#machine/platform.ts';
import type { Program } from '#machine/program.ts';

const version = '1.5.1';
const release = `https://github.com/temporalio/cli/releases/download/v${version}`;

/**
 * Temporal's command line tool, which holds a whole server with its UI. 1.5.1 (server 1.29.1, UI 2.42.1) is the last one that
 * `go install` can build: later ones have a `replace` in their go.mod.
 */
export const temporalProgram: Program = {
  name: 'temporal',
  version,
  variable: 'TEMPORAL_CLI_PATH',
  onPath: { versionArgs: ['--version'], fits: isRecentEnough },
  sources: [
    {
      kind: 'download',
      url: ({ os, arch }: Platform) => `${release}/temporal_cli_${version}_${os}_${arch}.tar.gz`,
      checksumUrl: () => `${release}/checksums.txt`,
      archiveMember: () => 'temporal',
    },
    {
      kind: 'go-install',
      package: 'github.com/temporalio/cli/cmd/temporal',
      version: `v${version}`,
      estimateSeconds: 150,
    },
  ],
};

/** From 1.5 on, within 1.x. A build from source calls itself `0.0.0-DEV`: its server's version decides, from 1.29 on. */
export function isRecentEnough(output: string): boolean {
  const cli = /version (\d+)\.(\d+)/.exec(output);
  const server = /Server (\d+)\.(\d+)/.exec(output);
  return isAtLeast(server, 29) || (server === null && isAtLeast(cli, 5));
}

function isAtLeast(version: RegExpExecArray | null, minor: number): boolean {
  return version !== null && version[1] === '1' && Number(version[2]) >= minor;
}
