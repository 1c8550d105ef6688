import { z } from 'zod';

/**
 * Stores of logs and traces and cloud accounts of the user's own, as they are configured. Secrets are named by file:
 * `authorizationFile` holds the value of the `Authorization` header and is read for every request.
 */
const authorizationFile = z.string().optional();

export const lokiSchema = z.strictObject({
  /** Address without `/loki/api/v1`. */
  url: z.url(),
  /** Of a Loki with more than one; sent as `X-Scope-OrgID`. */
  tenant: z.string().optional(),
  authorizationFile,
});

export const elasticsearchSchema = z.strictObject({
  /** Of an Elasticsearch or an OpenSearch. */
  url: z.url(),
  /** Names and patterns of the indices that hold logs, with commas between. */
  index: z.string().default('logs-*,filebeat-*,logstash-*,fluent*'),
  authorizationFile,
});

export const jaegerSchema = z.strictObject({
  /** Where its UI is, with the base path if there is one. */
  url: z.url(),
  authorizationFile,
});

export const tempoSchema = z.strictObject({
  /** Address without `/api`. */
  url: z.url(),
  tenant: z.string().optional(),
  authorizationFile,
});

/** Credentials come from where the AWS SDK looks for them. */
export const awsSchema = z.strictObject({
  regions: z.array(z.string().min(1)).min(1).optional(),
  profile: z.string().optional(),
  /** For an endpoint of one's own, such as a VPC endpoint or a test server. */
  endpoint: z.url().optional(),
  /** CloudWatch log groups to look into beside those of the resources that are found. */
  logGroups: z.array(z.string()).default([]),
});

/** The part of the configuration that names them. */
export const backEndsShape = {
  loki: lokiSchema.optional(),
  elasticsearch: elasticsearchSchema.optional(),
  jaeger: jaegerSchema.optional(),
  tempo: tempoSchema.optional(),
  aws: awsSchema.optional(),
};
const backEndsSchema = z.object(backEndsShape);
export type BackEnds = z.output<typeof backEndsSchema>;
