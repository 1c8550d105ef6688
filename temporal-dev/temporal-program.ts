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

/** By the server that it holds, 1.29 or later: a build from source calls the tool itself 0.0.0-DEV. */
export function isRecentEnough(output: string): boolean {
  const server = /^temporal version .*Server (\d+)\.(\d+)/m.exec(output);
  return server !== null && server[1] === '1' && Number(server[2]) >= 29;
}
