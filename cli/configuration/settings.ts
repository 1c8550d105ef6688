/** One value that can be set outside `understudy.yaml` too. */
export type Setting = {
  /** Where it stands in the configuration: `server.port`. */
  readonly path: string;
  readonly variable: string;
  readonly kind: 'text' | 'number' | 'boolean';
  /** What a right value looks like, for messages. */
  readonly example: string;
  /** Holds a password: never printed whole. */
  readonly secret?: true;
  /** Names a file; a relative one is relative to where it was set. */
  readonly file?: true;
};

/** Every setting that has an environment variable; lists (clusters, the service catalogue) stand in the file only. */
export const settings: readonly Setting[] = [
  {
    path: 'databaseUrl',
    variable: 'DATABASE_URL',
    kind: 'text',
    example: 'postgres://user:password@db.example:5432/understudy',
    secret: true,
  },
  { path: 'temporal.address', variable: 'TEMPORAL_ADDRESS', kind: 'text', example: 'temporal.example:7233' },
  { path: 'temporal.namespace', variable: 'TEMPORAL_NAMESPACE', kind: 'text', example: 'default' },
  {
    path: 'temporal.uiUrl',
    variable: 'UNDERSTUDY_TEMPORAL_UI_URL',
    kind: 'text',
    example: 'https://temporal.example',
  },
  {
    path: 'prometheusUrl',
    variable: 'PROMETHEUS_URL',
    kind: 'text',
    example: 'http://prometheus.example:9090',
  },
  {
    path: 'alertmanagerUrl',
    variable: 'ALERTMANAGER_URL',
    kind: 'text',
    example: 'http://alertmanager.example:9093',
  },
  {
    path: 'loki.url',
    variable: 'LOKI_URL',
    kind: 'text',
    example: 'http://loki.example:3100',
  },
  {
    path: 'loki.tenant',
    variable: 'LOKI_TENANT',
    kind: 'text',
    example: 'team-a',
  },
  {
    path: 'loki.authorizationFile',
    variable: 'LOKI_AUTHORIZATION_FILE',
    kind: 'text',
    example: './loki-authorization',
    file: true,
  },
  {
    path: 'elasticsearch.url',
    variable: 'ELASTICSEARCH_URL',
    kind: 'text',
    example: 'https://elasticsearch.example:9200',
  },
  {
    path: 'elasticsearch.index',
    variable: 'ELASTICSEARCH_INDEX',
    kind: 'text',
    example: 'logs-*',
  },
  {
    path: 'elasticsearch.authorizationFile',
    variable: 'ELASTICSEARCH_AUTHORIZATION_FILE',
    kind: 'text',
    example: './elasticsearch-authorization',
    file: true,
  },
  {
    path: 'jaeger.url',
    variable: 'JAEGER_URL',
    kind: 'text',
    example: 'http://jaeger.example:16686',
  },
  {
    path: 'jaeger.authorizationFile',
    variable: 'JAEGER_AUTHORIZATION_FILE',
    kind: 'text',
    example: './jaeger-authorization',
    file: true,
  },
  {
    path: 'tempo.url',
    variable: 'TEMPO_URL',
    kind: 'text',
    example: 'http://tempo.example:3200',
  },
  {
    path: 'tempo.tenant',
    variable: 'TEMPO_TENANT',
    kind: 'text',
    example: 'team-a',
  },
  {
    path: 'tempo.authorizationFile',
    variable: 'TEMPO_AUTHORIZATION_FILE',
    kind: 'text',
    example: './tempo-authorization',
    file: true,
  },
  {
    path: 'aws.profile',
    variable: 'UNDERSTUDY_AWS_PROFILE',
    kind: 'text',
    example: 'understudy-reader',
  },
  {
    path: 'aws.endpoint',
    variable: 'UNDERSTUDY_AWS_ENDPOINT',
    kind: 'text',
    example: 'https://vpce.example',
  },
  { path: 'server.host', variable: 'UNDERSTUDY_SERVER_HOST', kind: 'text', example: '127.0.0.1' },
  { path: 'server.port', variable: 'UNDERSTUDY_SERVER_PORT', kind: 'number', example: '7788' },
  {
    path: 'server.publicUrl',
    variable: 'UNDERSTUDY_PUBLIC_URL',
    kind: 'text',
    example: 'https://understudy.example',
  },
  {
    path: 'server.maxIntakeBytes',
    variable: 'UNDERSTUDY_MAX_INTAKE_BYTES',
    kind: 'number',
    example: '16777216',
  },
  { path: 'readOnly', variable: 'UNDERSTUDY_READ_ONLY', kind: 'boolean', example: 'true' },
  {
    path: 'policyFile',
    variable: 'UNDERSTUDY_POLICY_FILE',
    kind: 'text',
    example: './policy.yaml',
    file: true,
  },
  {
    path: 'serviceCatalogueFile',
    variable: 'UNDERSTUDY_SERVICE_CATALOGUE_FILE',
    kind: 'text',
    example: './services.yaml',
    file: true,
  },
  { path: 'patrol.everyMinutes', variable: 'UNDERSTUDY_PATROL_MINUTES', kind: 'number', example: '2' },
  { path: 'language', variable: 'UNDERSTUDY_LANGUAGE', kind: 'text', example: 'zh' },
  { path: 'tenant', variable: 'UNDERSTUDY_TENANT', kind: 'text', example: 'default' },
];

/** Sections that may name a file with the value of the `Authorization` header. */
export const authorizedSections = ['loki', 'elasticsearch', 'jaeger', 'tempo'] as const;

/** Fields of a cluster that name files. */
export const clusterFileFields = ['kubeconfig', 'actorKubeconfig'] as const;

export const configurationVariable = 'UNDERSTUDY_CONFIG';
export const configurationFileName = 'understudy.yaml';

export function settingAt(path: string): Setting | undefined {
  return settings.find((setting) => setting.path === path);
}

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

/** A text as the setting's kind; one that does not fit stays text, and is refused by name later. */
export function readText(setting: Setting, text: string): unknown {
  if (setting.kind === 'boolean') return truths[text.trim().toLowerCase()] ?? text;
  if (setting.kind === 'number') return /^\d+$/.test(text.trim()) ? Number(text) : text;
  return text;
}

/** A value as it may be shown: passwords in URLs give way to stars. */
export function shownValue(path: string, value: unknown): string {
  if (settingAt(path)?.secret !== true) return typeof value === 'string' ? value : JSON.stringify(value);
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined) return '***';
  if (url.password !== '') url.password = '***';
  for (const name of [...url.searchParams.keys()]) {
    if (/pass|secret|token|key/i.test(name)) url.searchParams.set(name, '***');
  }
  return url.href;
}
