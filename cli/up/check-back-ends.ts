import { z } from 'zod';
import type { Configuration } from '#domain/configuration.ts';
import { cloudResources } from '#domain/tools/cloud.ts';
import { createAwsServer } from '#mcp-tools/aws/server.ts';
import { headersFrom } from '#mcp-tools/back-ends/authorization.ts';
import { callContract, createToolClient } from '#mcp-tools/runtime/client.ts';
import type { Words } from '../words/words.ts';
import { type HttpLook, lookAtHttp } from './look-at-http.ts';
import type { Found, SystemCheck } from './system-check.ts';

type Store = {
  readonly url: string;
  readonly tenant?: string | undefined;
  readonly authorizationFile?: string | undefined;
};

const loki: HttpLook = {
  kind: 'Loki',
  path: 'loki/api/v1/labels',
  answer: z.object({ status: z.literal('success') }),
};
const jaeger: HttpLook = {
  kind: 'Jaeger',
  path: 'api/services',
  answer: z.object({ data: z.array(z.string()).nullable() }),
};
const tempo: HttpLook = {
  kind: 'Tempo',
  path: 'api/search?limit=1',
  answer: z.object({ traces: z.array(z.unknown()).nullish(), metrics: z.looseObject({}) }),
};
/** Both Elasticsearch and OpenSearch: a field of time in the indices that are named. */
const elasticsearch = (index: string): HttpLook => ({
  kind: 'Elasticsearch',
  path: `${encodeURIComponent(index)}/_field_caps?fields=@timestamp,timestamp,time&ignore_unavailable=true`,
  answer: z.object({ fields: z.record(z.string(), z.unknown()) }),
});

function storeCheck(name: string, variable: string, store: Store, look: HttpLook, words: Words): SystemCheck {
  const { url, tenant, authorizationFile } = store;
  const headers = headersFrom(authorizationFile, tenant === undefined ? {} : { 'x-scope-orgid': tenant });
  return {
    name,
    mend: words.doctor.mendSetting(variable),
    look: async (signal) => lookAtHttp(url, { ...look, signal, words, headers: await headers() }),
  };
}

/** Whether the account lets itself be read: all kinds of resources, or some. */
async function lookAtAws(
  aws: NonNullable<Configuration['aws']>,
  { doctor }: Words,
  signal: AbortSignal,
): Promise<Found> {
  const tools = createToolClient({
    servers: { cloud: { kind: 'in-process', server: createAwsServer(aws) } },
  });
  try {
    const { items, gaps } = await callContract(tools, cloudResources, {}, { signal });
    const [gap] = gaps;
    if (gap !== undefined) return { state: 'warning', text: gap, mend: doctor.mendAws };
    return { state: 'ok', text: doctor.answersWith('AWS', items.length) };
  } finally {
    await tools.close();
  }
}

/** Stores of logs and traces and clouds, as far as they are configured. */
export function backEndChecks(configuration: Configuration, words: Words): SystemCheck[] {
  const { loki: lokiAt, elasticsearch: elasticAt, jaeger: jaegerAt, tempo: tempoAt, aws } = configuration;
  return [
    ...(lokiAt === undefined ? [] : [storeCheck('loki', 'LOKI_URL', lokiAt, loki, words)]),
    ...(elasticAt === undefined
      ? []
      : [storeCheck('elasticsearch', 'ELASTICSEARCH_URL', elasticAt, elasticsearch(elasticAt.index), words)]),
    ...(jaegerAt === undefined ? [] : [storeCheck('jaeger', 'JAEGER_URL', jaegerAt, jaeger, words)]),
    ...(tempoAt === undefined ? [] : [storeCheck('tempo', 'TEMPO_URL', tempoAt, tempo, words)]),
    ...(aws === undefined
      ? []
      : [
          {
            name: 'aws',
            mend: words.doctor.mendAws,
            look: (signal: AbortSignal) => lookAtAws(aws, words, signal),
          },
        ]),
  ];
}
