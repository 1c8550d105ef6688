import type { Program } from '#machine/program.ts';

export const openSearchVersion = '2.19.6';

/** OpenSearch' server from its libraries: its core, and the transport, which it loads as a module of its own. */
export const openSearchProgram: Program = {
  name: 'opensearch',
  version: openSearchVersion,
  sources: [
    {
      kind: 'maven',
      folders: {
        lib: [
          `org.opensearch:opensearch:${openSearchVersion}`,
          `org.opensearch:opensearch-plugin-classloader:${openSearchVersion}`,
          'org.apache.logging.log4j:log4j-core:2.25.4',
        ],
        'modules/transport-netty4': [`org.opensearch.plugin:transport-netty4-client:${openSearchVersion}`],
      },
      estimateSeconds: 15,
    },
  ],
};
