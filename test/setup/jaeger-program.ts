import type { Program } from '#machine/program.ts';

const version = '1.76.0';
const release = `https://github.com/jaegertracing/jaeger/releases/download/v${version}`;

/** Jaeger's collector and query API in one process, with its traces in memory. Its second major version answers alike. */
export const jaegerProgram: Program = {
  name: 'jaeger-all-in-one',
  version,
  variable: 'UNDERSTUDY_JAEGER_PATH',
  sources: [
    {
      kind: 'download',
      url: ({ os, arch }) => `${release}/jaeger-${version}-${os}-${arch}.tar.gz`,
      checksumUrl: ({ os, arch }) => `${release}/jaeger-${version}-${os}-${arch}.sha256sum.txt`,
      archiveMember: ({ os, arch }) => `jaeger-${version}-${os}-${arch}/jaeger-all-in-one`,
    },
    {
      kind: 'go-build',
      module: 'github.com/jaegertracing/jaeger',
      version: `v${version}`,
      package: 'github.com/jaegertracing/jaeger/cmd/all-in-one',
      estimateSeconds: 180,
    },
  ],
};
