import { pointer } from '#domain/actions/json-patch.ts';
import type { Quote } from '#domain/diagnosis.ts';
import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import type { Service } from '../analysis/kubernetes/networking.ts';
import { podsOf, podsSelected, workloadsSelected } from '../analysis/kubernetes/owners.ts';
import { isReady } from '../analysis/kubernetes/pod.ts';
import { type Container, portNumber, probeKinds, probeTarget } from '../analysis/kubernetes/pod-template.ts';
import { servicesOf } from '../analysis/kubernetes/ready-endpoints.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import type { Workload } from '../analysis/kubernetes/workload.ts';
import { quoteField, quoteProbe } from '../analysis/quoting.ts';
import type { Finding } from './define-analyzer.ts';
import { editedAt, sinceOf } from './service-edits.ts';

type ServicePort = NonNullable<Service['spec']>['ports'][number];
type ContainerPort = Container['ports'][number];

/** What is behind a Service: the workload and all containers of its pods, those that were put in later included. */
type Behind = {
  readonly snapshot: Snapshot;
  readonly service: Service;
  readonly name: string;
  readonly source: Workload | undefined;
  readonly containers: readonly Container[];
  readonly declared: readonly ContainerPort[];
};

function behind(snapshot: Snapshot, service: Service): Behind | undefined {
  const selector = service.spec?.selector ?? {};
  const [workload] = workloadsSelected(snapshot, service.ref.namespace, selector);
  const pods =
    workload === undefined
      ? podsSelected(snapshot, service.ref.namespace, selector)
      : podsOf(snapshot, workload);
  const containers = [
    ...(workload?.spec?.template?.spec?.containers ?? []),
    ...pods.flatMap(({ spec }) => spec?.containers ?? []),
  ];
  const declared = containers.flatMap(({ ports }) => ports);
  const seen = workload ?? pods[0];
  if (seen === undefined || declared.length === 0) return undefined;
  return { snapshot, service, name: formatObject(seen.ref), source: workload, containers, declared };
}

/** Ports that are there for those who look after an application, not for those who use it. */
const sideNames = /metric|prom|health|admin|debug|manage|probe|status|stat/i;

/** Ports that a container declares, that are for its users, and that no Service of its pods sends to. */
function unserved({ snapshot, source, containers, declared }: Behind): ContainerPort[] {
  const services = source === undefined ? [] : servicesOf(snapshot, source);
  const served = new Set(
    services.flatMap(({ spec }) =>
      (spec?.ports ?? []).flatMap(
        ({ port, targetPort }) =>
          containers.map((one) => portNumber(one, targetPort ?? port)).find((found) => found !== undefined) ??
          [],
      ),
    ),
  );
  return declared.filter(
    ({ name, containerPort }) =>
      containerPort !== undefined && !served.has(containerPort) && !sideNames.test(name ?? ''),
  );
}

/** A probe that asks at the port and is met shows that somebody listens there, declared or not. */
function isProbedAt(containers: readonly Container[], port: number): boolean {
  return containers.some((container) =>
    probeKinds.some((kind) => {
      const probe = container[kind];
      return probe !== undefined && portNumber(container, probeTarget(probe)?.port) === port;
    }),
  );
}

/** Somebody tried to reach the Service and could not, although its pods are ready. */
function failedCheck({ snapshot, service }: Behind, port: number | undefined): Quote[] {
  const pods = podsSelected(snapshot, service.ref.namespace, service.spec?.selector ?? {});
  if (!pods.some((pod) => isReady(pod) === true)) return [];
  const failed = snapshot.probeResults.find(
    ({ ok, to }) =>
      !ok &&
      to.service === service.ref.name &&
      (to.namespace === undefined || to.namespace === service.ref.namespace) &&
      (to.port === undefined || to.port === port),
  );
  return failed === undefined ? [] : quoteProbe(failed, 0.5);
}

/** An edit that came this lately may be what is new. */
const newsSeconds = 7200;

type Weight = Pick<Finding, 'severity' | 'certainty'> & { readonly worthAStep: boolean };

type Mismatch = {
  /** It is named as no container has it. */
  readonly named: boolean;
  readonly wrongProtocol: boolean;
  /** A probe asks at the port in the other protocol: what listens there does not speak the Service's. */
  readonly probed: boolean;
  /** Somebody tried, and did not get through. */
  readonly checked: boolean;
};

/**
 * How much it says that no container declares a port so. Declaring one is a courtesy, so a number or a protocol alone says
 * little: it tells where the Service was changed lately, where nobody gets through, or where something shows what listens.
 */
function weightOf(at: Behind, { named, wrongProtocol, probed, checked }: Mismatch): Weight {
  if (named || (wrongProtocol && probed)) return { severity: 'error', certainty: 0.95, worthAStep: true };
  if (checked) return { severity: 'error', certainty: 0.93, worthAStep: true };
  const edited = editedAt(at.service, at.snapshot);
  if (edited !== undefined && secondsBetween(edited, at.snapshot.asOf) < newsSeconds)
    return { severity: 'error', certainty: wrongProtocol ? 0.9 : 0.8, worthAStep: true };
  // Who asks for a headless Service gets the addresses of its pods, and asks at what port he likes.
  if (at.service.spec?.clusterIP === 'None') return { severity: 'info', certainty: 0.5, worthAStep: false };
  // It has always been so as far as is known, and somebody may like it.
  if (wrongProtocol || unserved(at).length > 0)
    return { severity: 'warning', certainty: 0.85, worthAStep: !at.snapshot.changesRead };
  return { severity: 'info', certainty: 0.6, worthAStep: false };
}

/** The port that was meant: the same number in another protocol, the only one, or the one of the same name. */
function rightPort(
  { declared }: Behind,
  port: ServicePort,
  number: number | undefined,
): ContainerPort | undefined {
  const sameNumber = declared.find(({ containerPort }) => containerPort === number);
  if (sameNumber !== undefined) return sameNumber;
  const numbers = new Set(declared.map(({ containerPort }) => containerPort));
  if (numbers.size === 1) return declared[0];
  return declared.find(({ name }) => name !== undefined && name === port.name);
}

function portFinding(at: Behind, port: ServicePort, index: number): Finding[] {
  const { snapshot, service, containers, declared, name } = at;
  const target = port.targetPort ?? port.port;
  const number = containers.map((one) => portNumber(one, target)).find((found) => found !== undefined);
  const protocol = port.protocol ?? 'TCP';
  const there = declared.some(
    (one) => one.containerPort === number && (one.protocol ?? 'TCP') === protocol && number !== undefined,
  );
  if (there || target === undefined) return [];
  const wrongProtocol = declared.some(
    ({ containerPort }) => containerPort === number && number !== undefined,
  );
  const probed = number !== undefined && isProbedAt(containers, number);
  if (!wrongProtocol && probed) return [];
  const right = rightPort(at, port, number);
  const value = wrongProtocol ? (right?.protocol ?? 'TCP') : right?.containerPort;
  const field = wrongProtocol ? 'protocol' : 'targetPort';
  const checks = failedCheck(at, port.port);
  const { worthAStep, ...weight } = weightOf(at, {
    named: number === undefined,
    wrongProtocol,
    probed,
    checked: checks.length > 0,
  });
  const have = [...new Set(declared.map((one) => `${one.containerPort ?? '?'}/${one.protocol ?? 'TCP'}`))];
  const step = {
    action: 'patch',
    object: service.ref,
    arguments: {
      operations: [
        {
          op: port[field] === undefined ? 'add' : 'replace',
          path: pointer('spec', 'ports', index, field),
          value,
        },
      ],
    },
    why: `the containers have ${value}`,
    undo: `set ${field} back to ${port[field] ?? 'nothing'}`,
  };
  return [
    {
      object: service.ref,
      code: wrongProtocol ? 'service.protocol-mismatch' : 'service.target-port-mismatch',
      ...weight,
      message: `${formatObject(service.ref)} sends to ${target}/${protocol}, but the containers of ${name} have ${have.join(', ')}`,
      evidence: [
        ...quoteField(service, `.spec.ports[${index}].${field}`, port[field] ?? port.port, 0.6),
        ...(at.source === undefined
          ? []
          : quoteField(
              at.source,
              '.spec.template.spec.containers[].ports[].containerPort',
              declared[0]?.containerPort,
              0.4,
            )),
        ...checks,
      ],
      consequence: false,
      ...sinceOf(service, snapshot),
      ...(at.source === undefined ? {} : { through: [at.source.ref] }),
      ...(value === undefined || !worthAStep ? {} : { fixHint: { steps: [step] } }),
    },
  ];
}

/** Ports of a Service that lead to no port of its pods, or in another protocol. */
export function targetPortFindings(snapshot: Snapshot, service: Service): Finding[] {
  const at = behind(snapshot, service);
  return at === undefined
    ? []
    : (service.spec?.ports ?? []).flatMap((port, index) => portFinding(at, port, index));
}
