import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { type Instant, toMs } from '#domain/time.ts';

/** A write that the API server answered, as its audit log tells it. */
export type AuditedWrite = {
  at: Instant;
  user: string;
  verb: string;
  objectRef: { apiGroup: string; resource: string; subresource?: string; namespace?: string; name?: string };
  /** Nothing was stored: the request asked for a dry run. */
  dryRun: boolean;
  /** HTTP status; 4xx and 5xx changed nothing. */
  responseCode: number;
  auditId: string;
};

const writeVerbs: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

const eventSchema = z.looseObject({
  auditID: z.string(),
  stage: z.string(),
  requestURI: z.string(),
  verb: z.string(),
  user: z.looseObject({ username: z.string() }),
  objectRef: z
    .looseObject({
      apiGroup: z.string().optional(),
      resource: z.string(),
      subresource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
    })
    .optional(),
  responseStatus: z.looseObject({ code: z.number().optional() }).optional(),
  requestReceivedTimestamp: z.string(),
});

/** The log and what rotation made of it (`audit-<time>.log`), oldest first; rotated names sort by time. */
async function logFiles(auditLogPath: string): Promise<string[]> {
  const folder = dirname(auditLogPath);
  const extension = extname(auditLogPath);
  const stem = basename(auditLogPath, extension);
  const names = await readdir(folder).catch((): string[] => []);
  const rotated = names.filter((name) => name.startsWith(`${stem}-`) && name.endsWith(extension)).sort();
  const current = names.includes(basename(auditLogPath)) ? [basename(auditLogPath)] : [];
  return [...rotated, ...current].map((name) => join(folder, name));
}

function parseLine(line: string): AuditedWrite | undefined {
  const event = eventSchema.safeParse(readJson(line));
  if (!event.success) return undefined;
  const { verb, user, objectRef, requestURI, responseStatus, auditID, requestReceivedTimestamp } = event.data;
  if (!writeVerbs.has(verb) || objectRef === undefined) return undefined;
  if (event.data.stage !== 'ResponseComplete' && event.data.stage !== 'Panic') return undefined;
  const { apiGroup = '', resource, subresource, namespace, name } = objectRef;
  return {
    at: requestReceivedTimestamp,
    user: user.username,
    verb,
    objectRef: {
      apiGroup,
      resource,
      ...(subresource === undefined ? {} : { subresource }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
    },
    dryRun: new URL(requestURI, 'https://api').searchParams.getAll('dryRun').includes('All'),
    responseCode: responseStatus?.code ?? 0,
    auditId: auditID,
  };
}

function readJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // the last line, while the API server is writing it
  }
}

/**
 * Every write in the API server's audit log, oldest first: dry runs and refused requests among them, each marked. `since`
 * is compared with the time at which the API server received the request. A log that does not exist yet has no writes.
 */
export async function* readWrites(query: {
  auditLogPath: string;
  user?: string;
  since?: Instant;
}): AsyncGenerator<AuditedWrite> {
  const sinceMs = query.since === undefined ? Number.NEGATIVE_INFINITY : toMs(query.since);
  for (const path of await logFiles(query.auditLogPath)) {
    const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
    for await (const line of lines) {
      const write = parseLine(line);
      if (write === undefined || toMs(write.at) < sinceMs) continue;
      if (query.user === undefined || write.user === query.user) yield write;
    }
  }
}

/** Whether a write changed something: not a dry run, and answered with success. */
export function tookEffect(write: AuditedWrite): boolean {
  return !write.dryRun && write.responseCode >= 200 && write.responseCode < 300;
}
