import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/run.ts';
import { type Language, wordsIn } from '../words/words.ts';
import { configuredLanguage, type LoadOptions, loadConfiguration } from './load.ts';

const folders: { remove(): Promise<void> }[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

type Given = Partial<Pick<LoadOptions, 'flags' | 'environment' | 'file' | 'without'>> & {
  readonly yaml?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly language?: Language;
};

async function load({ yaml, files = {}, language = 'en', ...given }: Given) {
  const folder = await temporaryFolder({
    ...files,
    ...(yaml === undefined ? {} : { 'understudy.yaml': yaml }),
  });
  folders.push(folder);
  const loaded = await loadConfiguration({
    ...{ flags: {}, environment: {}, cwd: folder.path, words: wordsIn(language), language },
    ...given,
  });
  return { ...loaded, folder: folder.path };
}

async function mistakeIn(given: Given): Promise<string> {
  const error: unknown = await load(given).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'configuration' });
  return error instanceof Error ? error.message : '';
}

describe('what wins', () => {
  const port = (value: number) => ({ 'server.port': { flag: '--port', value } });
  it.each([
    [
      'a flag',
      { flags: port(1), environment: { UNDERSTUDY_SERVER_PORT: '2' }, yaml: 'server: { port: 3 }' },
      1,
      '--port',
    ],
    [
      'the environment',
      { environment: { UNDERSTUDY_SERVER_PORT: '2' }, yaml: 'server: { port: 3 }' },
      2,
      'UNDERSTUDY_SERVER_PORT',
    ],
    ['the file', { yaml: '# ours\nserver:\n  port: 3\n' }, 3, 'understudy.yaml:3'],
    ['the default', { yaml: 'server: { host: 0.0.0.0 }' }, 7788, ''],
    [
      'the file, where the variable is empty',
      { environment: { UNDERSTUDY_SERVER_PORT: '' }, yaml: 'server: { port: 3 }' },
      3,
      'understudy.yaml:1',
    ],
  ])('%s', async (_name, given, value, where) => {
    const { configuration, originOf } = await load(given);
    expect(configuration.server.port).toBe(value);
    expect(originOf('server.port').where).toBe(where);
  });
});

describe('the environment', () => {
  it.each([
    ['DATABASE_URL', 'postgres://u:p@db/x', (c: Loaded) => c.databaseUrl, 'postgres://u:p@db/x'],
    ['TEMPORAL_ADDRESS', 'temporal:7233', (c: Loaded) => c.temporal.address, 'temporal:7233'],
    ['PROMETHEUS_URL', 'http://p:9090', (c: Loaded) => c.prometheusUrl, 'http://p:9090'],
    ['ALERTMANAGER_URL', 'http://a:9093', (c: Loaded) => c.alertmanagerUrl, 'http://a:9093'],
    ['LOKI_URL', 'http://l:3100', (c: Loaded) => c.loki?.url, 'http://l:3100'],
    ['TEMPO_URL', 'http://t:3200', (c: Loaded) => c.tempo?.url, 'http://t:3200'],
    ['UNDERSTUDY_READ_ONLY', 'yes', (c: Loaded) => c.readOnly, true],
    ['UNDERSTUDY_TENANT', 'shop', (c: Loaded) => c.tenant, 'shop'],
  ])('%s sets its setting', async (name, text, read, value) => {
    const { configuration } = await load({ environment: { [name]: text } });
    expect(read(configuration)).toBe(value);
  });

  it('never brings a cluster: a KUBECONFIG of the shell is not looked at', async () => {
    const { configuration } = await load({ environment: { KUBECONFIG: '/home/me/.kube/production' } });
    expect(configuration.clusters).toEqual([]);
    expect(JSON.stringify(configuration)).not.toContain('production');
  });
});
type Loaded = Awaited<ReturnType<typeof load>>['configuration'];

describe('a mistake', () => {
  it.each([
    [
      'names key, value, place and a right value',
      { yaml: 'server:\n  port: high' },
      ['server.port', 'high', 'understudy.yaml:2', '7788'],
    ],
    [
      'in the environment names the variable',
      { environment: { UNDERSTUDY_SERVER_PORT: 'high' } },
      ['server.port', 'high', 'UNDERSTUDY_SERVER_PORT'],
    ],
    [
      'in a key names the key that was meant',
      { yaml: 'server:\n  prot: 1' },
      ['understudy.yaml:2', 'server.prot', 'did you mean port?'],
    ],
    ['at the top too', { yaml: 'temporl: {}' }, ['temporl', 'did you mean temporal?']],
    [
      'in a list names its place',
      { yaml: 'clusters:\n  - name: a\n    kubeconfg: /x' },
      ['clusters[0].kubeconfg', 'did you mean kubeconfig?', 'clusters[0].kubeconfig', 'understudy.yaml:2'],
    ],
    [
      'in the name of a variable is no silence',
      { environment: { UNDERSTUDY_REDONLY: '1' } },
      ['UNDERSTUDY_REDONLY', 'UNDERSTUDY_READ_ONLY'],
    ],
    ['in YAML names the line', { yaml: 'a: 1\nb: [' }, ['understudy.yaml:2', 'not YAML']],
    ['in the form of the file is said', { yaml: '- a\n- b' }, ['understudy.yaml', 'name: value']],
    [
      'in the language that is asked for',
      { yaml: 'server: { prot: 1 }', language: 'zh' as const },
      ['没有配置项', 'server.prot'],
    ],
  ])('%s', async (_name, given, parts) => {
    const message = await mistakeIn(given);
    for (const part of parts) expect(message).toContain(part);
  });

  it('does not come alone: all of them are said at once', async () => {
    const message = await mistakeIn({
      yaml: 'server: { port: high }\ntenent: x',
      environment: { PROMETHEUS_URL: 'nowhere' },
    });
    expect(message.split('\n')).toHaveLength(4);
  });

  it('never shows a password', async () => {
    const message = await mistakeIn({ yaml: 'databaseUrl: 7', environment: { DATABASE_URL: '' } });
    expect(message).toContain('***');
  });

  it('about a file that was named but is not there', async () => {
    expect(await mistakeIn({ file: 'production.yaml' })).toContain('production.yaml');
  });
});

it('takes relative files from where they were named', async () => {
  const yaml =
    'policyFile: ./policy.yaml\nclusters: [{ name: a, kubeconfig: kube/a }, { name: b, kubeconfig: ~/b }]';
  const { configuration, folder } = await load({ yaml, environment: { HOME: '/home/li' } });
  expect(configuration.policyFile).toBe(join(folder, 'policy.yaml'));
  expect(configuration.clusters.map((cluster) => cluster.kubeconfig)).toEqual([
    join(folder, 'kube/a'),
    '/home/li/b',
  ]);
});

it('reads the service catalogue from its own file; what stands in the configuration wins', async () => {
  const service = (environment: string) =>
    `services: [{ service: cart, cluster: a, environment: ${environment} }]`;
  const { configuration } = await load({
    yaml: `serviceCatalogueFile: services.yaml\nserviceCatalogue: { ${service('staging')} }`,
    files: {
      'services.yaml': `${service('production')}\nnamespaces: { a/shop: { environment: production } }`,
    },
  });
  expect(configuration.serviceCatalogue.services.map((entry) => entry.environment)).toEqual([
    'staging',
    'production',
  ]);
  expect(Object.keys(configuration.serviceCatalogue.namespaces)).toEqual(['a/shop']);
});

it('names a mistake in the service catalogue with its line', async () => {
  const files = { 'services.yaml': 'services:\n  - service: cart\n    cluster: a\n    enviroment: x' };
  const message = await mistakeIn({ yaml: 'serviceCatalogueFile: services.yaml', files });
  expect(message).toContain('services.yaml:4');
  expect(message).toContain('did you mean environment?');
});

it('leaves out what practice must not touch, mistakes in it included', async () => {
  const { configuration } = await load({
    yaml: 'clusters: [{ nonsense: 1 }]\ntenant: mine',
    environment: { DATABASE_URL: 'postgres://u:p@production/x', PROMETHEUS_URL: 'http://production:9090' },
    without: ['clusters', 'databaseUrl', 'prometheusUrl'],
  });
  expect(configuration).toMatchObject({ clusters: [], tenant: 'mine' });
  expect(JSON.stringify(configuration)).not.toContain('production');
});

it('knows the language of a configuration that is broken elsewhere', async () => {
  const folder = await temporaryFolder({ 'understudy.yaml': 'language: zh\nserver: { port: high }' });
  folders.push(folder);
  const options = { environment: {}, cwd: folder.path, words: wordsIn('en') };
  expect(await configuredLanguage(options)).toBe('zh');
  expect(await configuredLanguage({ ...options, environment: { UNDERSTUDY_LANGUAGE: 'en' } })).toBe('en');
});
