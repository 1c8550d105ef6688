import { randomUUID } from 'node:crypto';

const traceparent = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;
const noTrace = '0'.repeat(32);

/** The trace id of a request: the caller's (W3C `traceparent`), or a new one. 32 hex digits. */
export function traceIdOf(header: string | undefined): string {
  const given = traceparent.exec(header ?? '')?.[1];
  return given === undefined || given === noTrace ? randomUUID().replaceAll('-', '') : given;
}
