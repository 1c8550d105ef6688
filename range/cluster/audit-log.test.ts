import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditedWrite, readWrites, tookEffect } from './audit-log.ts';

let folder: string;
let auditLogPath: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'range-audit-'));
  auditLogPath = join(folder, 'audit.log');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function event(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: 'a1',
    stage: 'ResponseComplete',
    requestURI: '/apis/apps/v1/namespaces/shop/deployments/checkout?fieldManager=understudy',
    verb: 'patch',
    user: { username: 'system:serviceaccount:understudy:understudy-actor', groups: [] },
    objectRef: {
      resource: 'deployments',
      namespace: 'shop',
      name: 'checkout',
      apiGroup: 'apps',
      apiVersion: 'v1',
    },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: '2026-11-21T08:00:00.000000Z',
    stageTimestamp: '2026-11-21T08:00:00.010000Z',
    ...changes,
  });
}

async function read(query: { user?: string; since?: string } = {}): Promise<AuditedWrite[]> {
  const writes: AuditedWrite[] = [];
  for await (const write of readWrites({ auditLogPath, ...query })) writes.push(write);
  return writes;
}

describe('the audit log', () => {
  it('tells a real write from a dry run and from a refused one', async () => {
    await writeFile(
      auditLogPath,
      [
        event(),
        event({ auditID: 'a2', requestURI: '/apis/apps/v1/namespaces/shop/deployments/checkout?dryRun=All' }),
        event({ auditID: 'a3', responseStatus: { code: 403 } }),
      ].join('\n'),
    );
    const writes = await read();
    expect(
      writes.map((write) => [write.auditId, write.dryRun, write.responseCode, tookEffect(write)]),
    ).toEqual([
      ['a1', false, 200, true],
      ['a2', true, 200, false],
      ['a3', false, 403, false],
    ]);
    expect(writes[0]?.objectRef).toEqual({
      apiGroup: 'apps',
      resource: 'deployments',
      namespace: 'shop',
      name: 'checkout',
    });
  });

  it('answers one account’s writes since a moment, and no reads', async () => {
    await writeFile(
      auditLogPath,
      [
        event({ auditID: 'early', requestReceivedTimestamp: '2026-11-21T07:59:59.999999Z' }),
        event({ auditID: 'in-time' }),
        event({ auditID: 'read', verb: 'get' }),
        event({ auditID: 'other', user: { username: 'admin' } }),
      ].join('\n'),
    );
    const writes = await read({
      user: 'system:serviceaccount:understudy:understudy-actor',
      since: '2026-11-21T08:00:00Z',
    });
    expect(writes.map((write) => write.auditId)).toEqual(['in-time']);
  });

  it('goes through rotated files first and skips a line that is still being written', async () => {
    await writeFile(join(folder, 'audit-2026-11-21T07-00-00.000.log'), `${event({ auditID: 'rotated' })}\n`);
    await writeFile(auditLogPath, `${event({ auditID: 'current' })}\n{"kind":"Event","audi`);
    expect((await read()).map((write) => write.auditId)).toEqual(['rotated', 'current']);
  });

  it('is empty before the API server wrote anything', async () => {
    expect(await read()).toEqual([]);
  });
});
