import { configMapsOf } from './config-sources.ts';
import type { ConfigObject } from './others.ts';
import { perSnapshot } from './per-snapshot.ts';
import type { Container } from './pod-template.ts';
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
  /** Where the port stands by itself: in a setting of the same name but for its last word. */
  readonly portSetting?: PortSetting;
  readonly place:
    | {
        readonly kind: 'env';
        readonly container: number;
        readonly env: number;
        readonly containerName: string;
      }
    | {
        readonly kind: 'argument';
        readonly container: number;
        readonly field: 'command' | 'args';
        readonly index: number;
        readonly containerName: string;
      }
    | { readonly kind: 'config'; readonly configMap: ConfigObject };
};

/** A setting that holds a port alone. */
type PortSetting = { readonly name: string; readonly value: string; readonly index: number };

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

/** `redis:7` is an image, and no host with its port. */
const noAddress = /(^|[_.-])(image|tag|version|label)s?$/i;

/** Hosts in a setting's value, with their ports where they have one. */
export function addressesIn(setting: string, value: string): Found[] {
  if (noAddress.test(setting)) return [];
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

type Setting = { readonly name: string; readonly value?: string | undefined };

const hostWord = /[_.-]?(host(name)?|addr(ess)?|server|service)$/i;

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** The port that goes with a host which stands alone: `DB_HOST` and `DB_PORT`. A bare `PORT` is the program's own. */
function portBeside(setting: string, all: readonly Setting[]): PortSetting | undefined {
  const stem = setting.replace(hostWord, '');
  if (stem === '' || stem === setting) return undefined;
  const index = all.findIndex(({ name }) => plain(name) === `${plain(stem)}port`);
  const { name, value } = all[index] ?? {};
  return name === undefined || value === undefined || numberOf(value) === undefined
    ? undefined
    : { name, value, index };
}

function withPort(
  found: Found,
  setting: string,
  all: readonly Setting[],
): Found & Pick<Address, 'portSetting'> {
  const portSetting = found.port === undefined ? portBeside(setting, all) : undefined;
  return portSetting === undefined ? found : { ...found, port: numberOf(portSetting.value), portSetting };
}

function environmentAddresses(workload: Workload): Address[] {
  return (workload.spec?.template?.spec?.containers ?? []).flatMap((container, index) => [
    ...container.env.flatMap(({ name, value }, env) =>
      addressesIn(name, value ?? '').map((found) => ({
        ...withPort(found, name, container.env),
        workload,
        value: value ?? '',
        setting: name,
        place: { kind: 'env' as const, container: index, env, containerName: container.name },
      })),
    ),
    ...argumentAddresses(workload, container, index),
  ]);
}

function argumentAddresses(workload: Workload, container: Container, index: number): Address[] {
  return (['command', 'args'] as const).flatMap((field) =>
    (container[field] ?? []).flatMap((argument, position) => {
      const found = addressInArgument(argument);
      if (found === undefined) return [];
      const place = {
        kind: 'argument' as const,
        container: index,
        field,
        index: position,
        containerName: container.name,
      };
      return [{ ...found, workload, value: argument, setting: argument.replace(/[= ].*$/s, ''), place }];
    }),
  );
}

/** `--redis-addr=cache:6379`: arguments that name a host and a port. */
export function addressInArgument(argument: string): Found | undefined {
  const [, host, port] = inArgument.exec(argument) ?? [];
  return host === undefined || noAddress.test(argument.replace(/[= ].*$/s, ''))
    ? undefined
    : { host: host.toLowerCase(), port: numberOf(port), scheme: undefined };
}

function configAddresses(snapshot: Snapshot, workload: Workload): Address[] {
  return configMapsOf(snapshot, workload.ref.namespace, workload.spec?.template).flatMap((configMap) =>
    Object.entries(configMap.data).flatMap(([setting, value]) =>
      addressesIn(setting, value).map((found) => ({
        ...withPort(
          found,
          setting,
          Object.entries(configMap.data).map(([name, held]) => ({ name, value: held })),
        ),
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
