import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { fromMs } from '#domain/time.ts';
import { cloudEvents, cloudInsights, cloudResources } from '#domain/tools/cloud.ts';
import { type RunningMoto, startMoto } from '#test/setup/start-moto.ts';
import { startWire, type WireServer } from '../back-ends/testing/wire-server.ts';
import { callContract, createToolClient, type ToolClient } from '../runtime/client.ts';
import { awsChanges } from './changes.ts';
import { createAwsServer } from './server.ts';
import { databaseLogGroup, fillAccount } from './testing/account.ts';
import { startBeforeMoto } from './testing/wire-before-moto.ts';

const region = 'eu-west-1';
const nowMs = Date.now();
const window = { from: fromMs(nowMs - 1_800_000), to: fromMs(nowMs + 60_000) };
/** Long enough for a busy machine. */
const limits = { timeoutMs: 120_000 };
let moto: RunningMoto;
let wire: WireServer;
let tools: ToolClient;
const costs: { tool: string; queries: number }[] = [];

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  moto = await startMoto();
  await fillAccount({ endpoint: moto.url, region }, nowMs);
  wire = await startBeforeMoto(moto.url, nowMs);
  const server = createAwsServer({
    ...{ regions: [region], endpoint: wire.url, logGroups: [], limits },
    recordCost: (tool, { queries }) => costs.push({ tool, queries }),
  });
  tools = createToolClient({ servers: { cloud: { kind: 'in-process', server } } });
}, 300_000);

afterAll(async () => {
  await tools?.close();
  await wire?.stop();
  await moto?.stop();
  vi.unstubAllEnvs();
});

describe('resources (from moto)', () => {
  test('of every kind come with their state, under the names that the API has for it', async () => {
    const { items, gaps } = await callContract(tools, cloudResources, {});
    expect(items.map(({ type, name, id }) => `${type.slice(5)} ${name ?? id}`)).toEqual([
      'CloudWatch::Alarm orders-db connections',
      'EC2::Instance worker-1',
      'EKS::Cluster prod',
      'EKS::Nodegroup workers',
      'ElasticLoadBalancingV2::LoadBalancer front',
      'ElasticLoadBalancingV2::TargetGroup web',
      'RDS::DBInstance orders-db',
    ]);
    const of = (type: string) => items.find((one) => one.type.endsWith(type))?.properties;
    expect(of('::Alarm')).toMatchObject({ StateValue: 'ALARM', StateReason: 'Threshold Crossed: 97 > 80' });
    expect(of('::Instance')).toMatchObject({ State: { Name: 'running' }, SystemStatus: { Status: 'ok' } });
    expect(of('::DBInstance')).toMatchObject({ DBInstanceStatus: 'available', AllocatedStorage: 20 });
    expect(of('::Nodegroup')).toMatchObject({ status: 'ACTIVE', scalingConfig: { desiredSize: 2 } });
    expect(gaps).toEqual([]);
  });

  test('of one kind are asked for alone', async () => {
    costs.length = 0;
    const { items } = await callContract(tools, cloudResources, { type: 'rds::dbinstance' });
    expect(items.map(({ id }) => id)).toEqual(['orders-db']);
    expect(costs).toEqual([{ tool: 'cloud_resources', queries: 1 }]);
    const none = await callContract(tools, cloudResources, { type: 'AWS::Moon::Base' });
    expect(none).toMatchObject({ items: [], hint: expect.stringContaining('AWS::RDS::DBInstance') });
    const foreign = await callContract(tools, cloudResources, { provider: 'gcp' });
    expect(foreign).toMatchObject({ items: [], hint: expect.stringContaining('aws') });
  });
});

describe('events (RDS from moto; alarm history and CloudTrail at the wire, after their references)', () => {
  test('say what happened, newest first, and who did it, without what was asked for', async () => {
    const { items, gaps } = await callContract(tools, cloudEvents, window);
    const said = items.map(({ source, message, severity }) => `${severity} ${source}: ${message}`);
    expect(said).toContain('error cloudwatch alarm orders-db connections: Alarm updated from OK to ALARM');
    expect(said).toContain('info cloudtrail rds: ModifyDBInstance on orders-db by ana');
    expect(said).toContain(
      'warning cloudtrail rds: DeleteDBInstance on orders-db by bob, refused: AccessDenied: bob may not',
    );
    expect(said.join('\n')).toContain('rds db-instance orders-db: DB instance created');
    expect(said.join('\n')).not.toContain('AssumeRole');
    expect(JSON.stringify(items)).not.toContain('correct-horse');
    expect(items.map(({ at }) => at)).toEqual(
      items
        .map(({ at }) => at)
        .toSorted()
        .toReversed(),
    );
    expect(gaps).toEqual([]);
  });

  test('of CloudTrail are changes too, those that were carried out', async () => {
    const changes = awsChanges({ regions: [region], endpoint: wire.url, logGroups: [], limits });
    const found = await changes(window, AbortSignal.timeout(120_000));
    expect(found.changes).toMatchObject([
      {
        ...{ id: 'e-1', kind: 'infrastructure', author: 'ana' },
        details: { name: 'orders-db', eventName: 'ModifyDBInstance' },
      },
    ]);
  });
});

describe('insights (metrics and logs from moto; Performance Insights at the wire, after its reference)', () => {
  test('tell what was measured, what a database waits for, and what its log says', async () => {
    const { items, gaps } = await callContract(tools, cloudInsights, { ...window, resource: 'orders-db' });
    expect(items.find(({ metric }) => metric === 'DatabaseConnections')).toMatchObject({
      ...{ kind: 'metric', resource: 'orders-db', statistic: 'Maximum' },
      ...{
        first: 40,
        last: 97,
        maximum: 97,
        points: [
          [expect.any(Number), 40],
          [expect.any(Number), 97],
        ],
      },
    });
    const loads = items.filter(({ kind }) => kind === 'database-load');
    expect(loads).toMatchObject([
      { by: 'total', load: 30, average: 16, maximum: 30 },
      { by: 'wait', name: 'transactionid', type: 'Lock', load: 28, average: 14.5, maximum: 28 },
      { by: 'statement', statement: 'UPDATE orders SET state = ? WHERE id = ?', maximum: 28 },
      { by: 'user', user: 'shop', maximum: 28 },
    ]);
    expect(items.find(({ kind }) => kind === 'log-pattern')).toMatchObject({
      ...{ resource: databaseLogGroup, level: 'fatal', count: 3 },
      template: expect.stringMatching(/remaining connection slots are reserved for superusers \(pid <\*>\)$/),
    });
    expect(gaps).toEqual([]);
  });

  test('of a resource that is not there come with a hint', async () => {
    const { items, hint } = await callContract(tools, cloudInsights, { ...window, resource: 'no-such-db' });
    expect([items, hint]).toEqual([[], expect.stringContaining('is there a resource of that name')]);
    const long = { from: fromMs(nowMs - 90 * 86_400_000), to: fromMs(nowMs) };
    await expect(callContract(tools, cloudInsights, long)).rejects.toMatchObject({ code: 'too-large' });
  });
});

async function failureAt(endpoint: string, more: { timeoutMs?: number; maxQueries?: number } = {}) {
  const server = createAwsServer({
    ...{ regions: [region], endpoint, logGroups: [], limits: { ...limits, ...more } },
  });
  const client = createToolClient({ servers: { cloud: { kind: 'in-process', server } } });
  const outcome = await callContract(client, cloudResources, {}).then(
    (page) => ({ code: 'answered', message: page.gaps.join('\n') }),
    (error: unknown) => error,
  );
  await client.close();
  return outcome;
}

describe('an account', () => {
  test('that may not be read tells what to allow', async () => {
    const refusing = await startWire(({ headers }) =>
      String(headers['content-type']).includes('form')
        ? {
            ...{ status: 403, type: 'text/xml' },
            body: '<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>',
          }
        : { status: 403, body: { __type: 'AccessDeniedException', message: 'not you' } },
    );
    expect(await failureAt(refusing.url)).toMatchObject({
      code: 'forbidden',
      message: expect.stringMatching(/allow \w+:\w+ to/),
    });
    await refusing.stop();
  });

  test('that is away, slow or something else is a clear failure', async () => {
    expect(await failureAt('http://127.0.0.1:1')).toMatchObject({ code: 'unavailable' });
    const silent = await startWire(() => new Promise<never>(() => undefined));
    expect(await failureAt(silent.url, { timeoutMs: 700 })).toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('did not answer within 0.7 s'),
    });
    await silent.stop();
    const page = await startWire(() => ({ type: 'text/html', body: '<html>log in</html>' }));
    expect(await failureAt(page.url)).toMatchObject({ message: expect.stringContaining('aws.endpoint') });
    await page.stop();
  });

  test('is not asked more than it may be', async () => {
    expect(await failureAt(wire.url, { maxQueries: 3 })).toMatchObject({
      code: 'answered',
      message: expect.stringContaining('more than 3 requests'),
    });
  });
});

test('the policy in docs/ allows exactly what is asked for, and nothing that writes', async () => {
  const folder = new URL('.', import.meta.url);
  const files = (await readdir(folder, { recursive: true })).filter((name) =>
    /^(?!.*test).*\.ts$/.test(name),
  );
  const sources = await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')));
  const used = sources.flatMap((source) =>
    [...source.matchAll(/'([a-z0-9]+:[A-Z]\w+)'/g)].map(([, action]) => action),
  );
  const policy = JSON.parse(await readFile(new URL('../../docs/aws-reader-policy.json', folder), 'utf8'));
  const allowed: string[] = policy.Statement[0].Action;
  expect([...new Set(used)].sort()).toEqual(allowed);
  for (const action of allowed) expect(action).toMatch(/:(?:Describe|List|Get|Lookup|Filter)/);
});
