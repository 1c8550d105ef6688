import { z } from 'zod';
import { pointer } from '#domain/actions/json-patch.ts';
import type { Quote } from '#domain/diagnosis.ts';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { lastRollout } from '../analysis/change-attribution.ts';
import { type Address, configuredAddresses } from '../analysis/kubernetes/addresses.ts';
import { changedAt } from '../analysis/kubernetes/config-sources.ts';
import type { Service } from '../analysis/kubernetes/networking.ts';
import { lastEditedAt, listOf } from '../analysis/kubernetes/partial.ts';
import { perSnapshot } from '../analysis/kubernetes/per-snapshot.ts';
import {
  type ClusterName,
  clusterName,
  kinNamed,
  namesakes,
  nearlyNamed,
  serviceAt,
} from '../analysis/kubernetes/service-names.ts';
import { isRead, longRunning, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField, quoteLogLine, quotePattern } from '../analysis/quoting.ts';
import { hasPort, othersUse, portMismatch } from './asked-port.ts';
import { defineAnalyzer, type Finding, type FixHint } from './define-analyzer.ts';

/** Who is to be changed: the template that holds the value, or the ConfigMap. */
function holderOf({ place, workload }: Address): ObjectRef {
  return place.kind === 'config' ? place.configMap.ref : workload.ref;
}

function isOwnName(address: Address, name: string): boolean {
  return address.workload.ref.name === name;
}

/** What an application says of a host that it cannot find or reach. */
const complains =
  /no such host|ENOTFOUND|EAI_AGAIN|name resolution|not known|UnknownHost|refused|unreachable|unable ?to ?connect|timed? ?out|dial/i;

/** Hosts that a line names, with what their names begin with (`cart.shop.svc` is `cart`, too), and ports of addresses. */
function namesIn(text: string): string[] {
  const hosts = [...text.toLowerCase().matchAll(/[\w.-]+/g)].flatMap(([token]) => {
    const parts = token.split('.');
    return parts.map((_part, index) => parts.slice(0, index + 1).join('.'));
  });
  return [...hosts, ...[...text.matchAll(/\d:(\d{1,5})\b/g)].map(([, port]) => `:${port}`)];
}

/** Complaints by what they name: the latest line, and the first pattern. */
const complaintsByName = perSnapshot((snapshot) => {
  const lines = new Map(
    snapshot.logLines
      .filter(({ message }) => complains.test(message))
      .flatMap((line) => namesIn(line.message).map((name) => [name, line] as const)),
  );
  const patterns = new Map(
    snapshot.logPatterns
      .filter(({ sample }) => complains.test(sample))
      .toReversed()
      .flatMap((pattern) => namesIn(pattern.sample).map((name) => [name, pattern] as const)),
  );
  return { lines, patterns };
});

/** A log line that complains about this very host, or its port. */
function complaints(snapshot: Snapshot, { host, port }: Address): Quote[] {
  const { lines, patterns } = complaintsByName(snapshot);
  const line = lines.get(host) ?? lines.get(`:${port}`);
  const pattern = patterns.get(host) ?? patterns.get(`:${port}`);
  return [...quoteLogLine(line, 0.6), ...(pattern === undefined ? [] : quotePattern(pattern, 0.6))].slice(
    0,
    1,
  );
}

/** Since when the value stands there: the rollout or the edit that brought it, else since the workload is there. */
function sinceOf(snapshot: Snapshot, { place, workload }: Address): string | undefined {
  if (place.kind === 'config') return changedAt(snapshot, place.configMap) ?? place.configMap.createdAt;
  const rollout = lastRollout(snapshot, workload);
  const own = place.kind === 'env' ? 'environment' : 'command';
  const brought = rollout?.changes.some(({ facet }) => facet === own) === true;
  return brought ? rollout?.at : (lastEditedAt(workload.raw) ?? workload.createdAt);
}

/** Where in its holder a setting stands: the address's own, or the one that holds its port. */
function pathOf({ place, setting }: Address, beside: Address['portSetting']): string {
  if (place.kind === 'config') return pointer('data', beside?.name ?? setting);
  const container = ['spec', 'template', 'spec', 'containers', place.container] as const;
  return place.kind === 'argument'
    ? pointer(...container, place.field, place.index)
    : pointer(...container, 'env', beside?.index ?? place.env, 'value');
}

function valueFix(address: Address, host: string, port: number | undefined): FixHint {
  const { portSetting, workload } = address;
  // The host is right, and its port stands elsewhere.
  const beside = host === address.host ? portSetting : undefined;
  const setting = beside?.name ?? address.setting;
  const value = beside?.value ?? address.value;
  const together = address.port !== undefined && portSetting === undefined;
  const before = together ? `${address.host}:${address.port}` : address.host;
  const after = port === undefined ? host : `${host}:${port}`;
  const right =
    beside === undefined
      ? value.replace(new RegExp(before.replaceAll('.', '\\.'), 'i'), together ? after : host)
      : String(port ?? '');
  const facets: FixHint['facets'] = address.place.kind === 'argument' ? ['command'] : ['environment'];
  if (right === value || right === '') return { facets };
  const path = pathOf(address, beside);
  const object = holderOf(address);
  return {
    facets,
    steps: [
      {
        action: 'patch',
        object,
        arguments: { operations: [{ op: 'replace', path, value: right }] },
        why: `${setting} of ${formatObject(workload.ref)} leads to ${after}, which is there`,
        undo: `set ${setting} back to ${value}`,
      },
    ],
  };
}

function base(snapshot: Snapshot, address: Address) {
  const { place, workload, value, setting } = address;
  const since = sinceOf(snapshot, address);
  const quoted =
    place.kind === 'config'
      ? quoteField(place.configMap, `.data.${setting}`, value, 0.7)
      : quoteField(
          workload,
          `.spec.template.spec.containers[${place.containerName}].${place.kind === 'env' ? `env[${setting}].value` : place.field}`,
          value,
          0.7,
        );
  return {
    object: holderOf(address),
    evidence: [...quoted, ...complaints(snapshot, address)],
    consequence: false,
    through: place.kind === 'config' ? [workload.ref] : [],
    ...(since === undefined ? {} : { since }),
  };
}

function wrongPort(snapshot: Snapshot, address: Address, service: Service): Finding[] {
  const { port, setting, workload } = address;
  if (port === undefined || hasPort(service, port)) return [];
  const ports = (service.spec?.ports ?? []).flatMap((one) => one.port ?? []);
  const { agree, differ } = othersUse(snapshot, service, address);
  const common = base(snapshot, address);
  const message = `${formatObject(workload.ref)} is told in ${setting} to call ${address.host}:${port}, but ${formatObject(service.ref)} has ${ports.join(', ')}`;
  const served = quoteField(service, '.spec.ports[].port', ports[0], 0.5);
  const [only] = ports;
  const mismatch = portMismatch(snapshot, address, service, {
    agree,
    differ,
    message,
    evidence: common.evidence,
  });
  if (mismatch !== undefined) return [mismatch];
  return [
    {
      ...common,
      code: 'config.port-wrong',
      severity: 'error',
      message,
      evidence: [...common.evidence, ...served],
      certainty: common.evidence.length > 1 || differ > 0 ? 0.93 : 0.85,
      fixHint: ports.length === 1 ? valueFix(address, address.host, only) : { facets: ['environment'] },
    },
  ];
}

function missingServiceRef(snapshot: Snapshot, { name, namespace }: ClusterName): ObjectRef {
  const { cluster } = snapshot;
  return { cluster, kind: 'Service', name, ...(namespace === undefined ? {} : { namespace }) };
}

/** A workload of the name runs, and nothing leads to it. */
function missingService(snapshot: Snapshot, address: Address, meant: ClusterName): Finding[] {
  const workload = longRunning(snapshot).find(
    ({ ref }) => ref.name === meant.name && ref.namespace === meant.namespace,
  );
  if (workload === undefined || isOwnName(address, meant.name)) return [];
  const common = base(snapshot, address);
  const object = missingServiceRef(snapshot, meant);
  return [
    {
      ...common,
      object,
      code: 'service.missing',
      severity: 'error',
      message: `${formatObject(address.workload.ref)} calls ${address.host}, and there is no Service of that name, although ${formatObject(workload.ref)} runs`,
      evidence: [...common.evidence, ...quoteField(workload, '.metadata.name', workload.ref.name, 0.3)],
      certainty: 0.88,
      through: [workload.ref, address.workload.ref],
    },
  ];
}

function unknownHost(snapshot: Snapshot, address: Address, meant: ClusterName): Finding[] {
  const missing = missingService(snapshot, address, meant);
  if (missing.length > 0) return missing;
  const common = base(snapshot, address);
  const said = common.evidence.length > 1;
  const told = `${formatObject(address.workload.ref)} is told in ${address.setting} to call ${address.host}, which no Service is called`;
  const slip = nearlyNamed(snapshot, meant.namespace, meant.name);
  const near = slip ?? kinNamed(snapshot, meant.namespace, meant.name, address.port);
  if (near !== undefined && !isOwnName(address, near.ref.name)) {
    const host = address.host.replace(meant.name, near.ref.name);
    return [
      {
        ...common,
        code: 'config.address-wrong',
        severity: said || slip !== undefined ? 'error' : 'warning',
        message: `${told}; ${formatObject(near.ref)} is nearly called so`,
        evidence: [...common.evidence, ...quoteField(near, '.metadata.name', near.ref.name, 0.4)],
        certainty: said ? 0.95 : 0.85,
        fixHint: valueFix(address, host, address.port),
      },
    ];
  }
  const elsewhere = namesakes(snapshot, meant.namespace, meant.name);
  const [other] = elsewhere;
  if (other !== undefined && elsewhere.length === 1 && !address.host.includes('.')) {
    return [
      {
        ...common,
        code: 'config.address-wrong',
        severity: said ? 'error' : 'warning',
        message: `${told} in its namespace; ${formatObject(other.ref)} is in another one`,
        evidence: [...common.evidence, ...quoteField(other, '.metadata.namespace', other.ref.namespace, 0.4)],
        certainty: said ? 0.9 : 0.75,
        fixHint: valueFix(address, `${meant.name}.${other.ref.namespace}`, address.port),
      },
    ];
  }
  return [
    {
      ...common,
      code: 'config.address-wrong',
      severity: said ? 'error' : 'info',
      message: told,
      certainty: said ? 0.8 : 0.5,
      fixHint: { facets: ['environment'] },
    },
  ];
}

const aliasesSchema = z.looseObject({
  hostAliases: listOf(z.looseObject({ hostnames: listOf(z.string()) })),
});

/** A name that the pods know by themselves. */
function isAlias({ workload, host }: Address): boolean {
  const { hostAliases } = aliasesSchema.parse(workload.spec?.template?.spec ?? {});
  return hostAliases.some(({ hostnames }) => hostnames.includes(host));
}

function findingsOf(snapshot: Snapshot, address: Address): Finding[] {
  const { namespace } = address.workload.ref;
  const meant = clusterName(snapshot, namespace, address.host);
  if (meant === undefined || isAlias(address)) return [];
  const service = serviceAt(snapshot, meant.namespace, meant.name);
  if (service !== undefined) return wrongPort(snapshot, address, service);
  // Of a namespace of which nothing was read, the absence of a Service says nothing.
  const known = isRead(snapshot, 'services', meant.namespace);
  const isHost = address.port !== undefined || address.scheme !== undefined;
  return known && (isHost || nearlyNamed(snapshot, meant.namespace, meant.name) !== undefined)
    ? unknownHost(snapshot, address, meant)
    : [];
}

/** Addresses in environments and ConfigMaps that lead to no Service, or to a port that it has not. */
export const serviceAddress = defineAnalyzer({
  name: 'service-address',
  kind: 'Service',
  analyze: (snapshot) =>
    snapshot.kindsRead.has('services')
      ? configuredAddresses(snapshot).flatMap((address) => findingsOf(snapshot, address))
      : [],
});
