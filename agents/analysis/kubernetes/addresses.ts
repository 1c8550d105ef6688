import { configMapsOf } from './config-sources.ts';
import type { ConfigObject } from './others.ts';
import { perSnapshot } from './per-snapshot.ts';
import { longRunning, type Snapshot } from './snapshot.ts';
import type { Workload } from './workload.ts';

/** An address that a workload is configured to call, and where that stands. */
export type Address = {
  readonly workload: Workload;
  readonly host: string;
  readonly port: number | undefined;
  readonly scheme: string | undefined;
  /** The whole value in which it stands, and its name. */
  readonly value: string;
  readonly setting: string;
  readonly place:
    | {
        readonly kind: 'env';
        readonly container: number;
        readonly env: number;
        readonly containerName: string;
      }
    | { readonly kind: 'config'; readonly configMap: ConfigObject };
};

/** Names that say that a value without a port is a host. */
const hostSetting =
  /(host|addr|address|addrs|url|uri|endpoint|server|servers|broker|brokers|service|dsn|target|upstream)s?$/i;
const longestValue = 500;

const label = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const hostPart = `(${label}(?:\\.${label})*)`;
const withScheme = new RegExp(
  String.raw`\b([a-z][a-z0-9+.-]*)://(?:[^/@\s]*@)?${hostPart}(?::(\d{1,5}))?(?=[/?#,;\s"']|$)`,
  'gi',
);
/** `db.tcp(host:3306)` and `Server=host,1433` are left alone: only plain lists of hosts with ports are read. */
const bareHosts = new RegExp(String.raw`^${hostPart}(?::(\d{1,5}))?(?:/\S*)?$`, 'i');
const inArgument = new RegExp(String.raw`^--?[\w.-]+[= ]${hostPart}:(\d{1,5})(?:/\S*)?$`, 'i');

type Found = Pick<Address, 'host' | 'port' | 'scheme'>;

function numberOf(port: string | undefined): number | undefined {
  const number = port === undefined ? undefined : Number(port);
  return number !== undefined && number > 0 && number < 65_536 ? number : undefined;
}

/** Hosts in a setting's value, with their ports where they have one. */
export function addressesIn(setting: string, value: string): Found[] {
  if (value.length > longestValue || value.includes('\n')) return [];
  const urls = [...value.matchAll(withScheme)].map(([, scheme, host, port]) => ({
    host: (host ?? '').toLowerCase(),
    port: numberOf(port),
    scheme: scheme?.toLowerCase(),
  }));
  if (urls.length > 0) return urls;
  return value.split(',').flatMap((part) => {
    const [, host, port] = bareHosts.exec(part.trim()) ?? [];
    if (host === undefined || (port === undefined && !hostSetting.test(setting))) return [];
    return [{ host: host.toLowerCase(), port: numberOf(port), scheme: undefined }];
  });
}

function environmentAddresses(workload: Workload): Address[] {
  return (workload.spec?.template?.spec?.containers ?? []).flatMap((container, index) => [
    ...container.env.flatMap(({ name, value }, env) =>
      addressesIn(name, value ?? '').map((found) => ({
        ...found,
        workload,
        value: value ?? '',
        setting: name,
        place: { kind: 'env' as const, container: index, env, containerName: container.name },
      })),
    ),
  ]);
}

/** `--redis-addr=cache:6379`: arguments that name a host and a port. */
export function addressInArgument(argument: string): Found | undefined {
  const [, host, port] = inArgument.exec(argument) ?? [];
  return host === undefined
    ? undefined
    : { host: host.toLowerCase(), port: numberOf(port), scheme: undefined };
}

function configAddresses(snapshot: Snapshot, workload: Workload): Address[] {
  return configMapsOf(snapshot, workload.ref.namespace, workload.spec?.template).flatMap((configMap) =>
    Object.entries(configMap.data).flatMap(([setting, value]) =>
      addressesIn(setting, value).map((found) => ({
        ...found,
        workload,
        value,
        setting,
        place: { kind: 'config' as const, configMap },
      })),
    ),
  );
}

/** Every address that a long-running workload is told in its environment or in a ConfigMap that it reads. */
export const configuredAddresses: (snapshot: Snapshot) => readonly Address[] = perSnapshot((snapshot) =>
  longRunning(snapshot)
    .filter(({ terminating }) => !terminating)
    .flatMap((workload) => [...environmentAddresses(workload), ...configAddresses(snapshot, workload)]),
);
