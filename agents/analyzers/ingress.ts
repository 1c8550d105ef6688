import { pointer } from '#domain/actions/json-patch.ts';
import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import type { Service } from '../analysis/kubernetes/networking.ts';
import type { ConfigObject } from '../analysis/kubernetes/others.ts';
import { workloadsSelected } from '../analysis/kubernetes/owners.ts';
import { type Ingress, type IngressBackend, ingresses } from '../analysis/kubernetes/routing.ts';
import { nearlyNamed, serviceAt } from '../analysis/kubernetes/service-names.ts';
import { isRead, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';
import { classFindings } from './ingress-class.ts';
import { patchOf, sinceOf } from './ingress-fix.ts';

type Place = {
  readonly path: readonly (string | number)[];
  readonly shown: string;
  readonly name: string;
  readonly port: number | string | undefined;
};

function placeOf(
  backend: IngressBackend | undefined,
  path: readonly (string | number)[],
  shown: string,
): Place[] {
  const name = backend?.service?.name ?? backend?.serviceName;
  if (name === undefined) return [];
  const port = backend?.service?.port?.number ?? backend?.service?.port?.name ?? backend?.servicePort;
  // What is sent where is written in an annotation: the AWS load balancer controller's way of redirects and of weights.
  if (port === 'use-annotation') return [];
  return [{ path, shown, name, port }];
}

/** Everywhere that an ingress sends to. */
export function backendsOf({ spec }: Ingress): Place[] {
  const paths = (spec?.rules ?? []).flatMap(({ host, http }, rule) =>
    (http?.paths ?? []).flatMap(({ path, backend }, index) =>
      placeOf(
        backend,
        ['spec', 'rules', rule, 'http', 'paths', index, 'backend', 'service'],
        `${host ?? '*'}${path ?? '/'}`,
      ),
    ),
  );
  return [
    ...placeOf(spec?.defaultBackend, ['spec', 'defaultBackend', 'service'], 'everything else'),
    ...paths,
  ];
}

function missingBackend(snapshot: Snapshot, ingress: Ingress, place: Place): Finding {
  const near = nearlyNamed(snapshot, ingress.ref.namespace, place.name);
  const step =
    near === undefined
      ? undefined
      : patchOf(
          ingress,
          pointer(...place.path, 'name'),
          near.ref.name,
          `${formatObject(near.ref)} is there`,
          place.name,
        );
  return {
    object: ingress.ref,
    code: 'routing.ingress-backend-missing',
    severity: 'error',
    message: `${formatObject(ingress.ref)} sends ${place.shown} to Service ${place.name}, which is not there`,
    evidence: quoteField(ingress, `.${place.path.join('.')}.name`, place.name, 0.7),
    certainty: 0.93,
    consequence: false,
    ...sinceOf(ingress),
    ...(step === undefined ? {} : { fixHint: { steps: [step] } }),
  };
}

function wrongPort(snapshot: Snapshot, ingress: Ingress, place: Place, service: Service): Finding[] {
  const ports = service.spec?.ports ?? [];
  const { port } = place;
  if (port === undefined || ports.length === 0 || service.spec?.type === 'ExternalName') return [];
  if (ports.some((one) => one.port === port || one.name === port)) return [];
  const [only] = ports;
  const field = typeof port === 'number' ? 'number' : 'name';
  const value = field === 'number' ? only?.port : only?.name;
  const step =
    ports.length === 1 && value !== undefined
      ? patchOf(
          ingress,
          pointer(...place.path, 'port', field),
          value,
          `${formatObject(service.ref)} has port ${value}`,
          port,
        )
      : undefined;
  const workloads = workloadsSelected(snapshot, service.ref.namespace, service.spec?.selector ?? {});
  return [
    {
      object: ingress.ref,
      code: 'routing.ingress-backend-missing',
      severity: 'error',
      message: `${formatObject(ingress.ref)} sends ${place.shown} to port ${port} of ${formatObject(service.ref)}, which has ${ports.map((one) => one.port).join(', ')}`,
      evidence: [
        ...quoteField(ingress, `.${place.path.join('.')}.port`, port, 0.7),
        ...quoteField(service, '.spec.ports[].port', only?.port, 0.4),
      ],
      certainty: 0.93,
      consequence: false,
      ...sinceOf(ingress),
      through: [service.ref, ...workloads.map(({ ref }) => ref)],
      ...(step === undefined ? {} : { fixHint: { steps: [step] } }),
    },
  ];
}

function backendFindings(snapshot: Snapshot, ingress: Ingress): Finding[] {
  if (!isRead(snapshot, 'services', ingress.ref.namespace)) return [];
  return backendsOf(ingress).flatMap((place) => {
    const service = serviceAt(snapshot, ingress.ref.namespace, place.name);
    return service === undefined
      ? [missingBackend(snapshot, ingress, place)]
      : wrongPort(snapshot, ingress, place, service);
  });
}

/** Whoever fetches certificates makes the secret when it has one. */
const fetchesCertificates =
  /^(cert-manager\.io|certmanager\.k8s\.io|networking\.gke\.io\/managed-cert|kubernetes\.io\/tls-acme)/;

/** A certificate is there within this time, unless somebody cannot be asked or a name cannot be proven. */
const fetchSeconds = 3600;

/** It is there and holds no certificate: a Secret of another type under the name. */
function withoutCertificate(ingress: Ingress, { ref, keys, evidenceId }: ConfigObject): Finding[] {
  const lacking = ['tls.crt', 'tls.key'].find((key) => !keys.includes(key));
  if (keys.length === 0 || lacking === undefined) return [];
  return [
    {
      object: ref,
      code: 'config.secret-key-missing',
      severity: 'error',
      message: `${formatObject(ingress.ref)} takes its certificate from ${formatObject(ref)}, which has no ${lacking} (it has ${keys.join(', ')})`,
      evidence: [
        ...quoteField(ingress, '.spec.tls[].secretName', ref.name, 0.6),
        ...quoteField({ ref, evidenceId }, '.data (keys)', keys[0], 0.3),
      ],
      certainty: 0.85,
      consequence: false,
      through: [ingress.ref],
    },
  ];
}

function tlsFindings(snapshot: Snapshot, ingress: Ingress): Finding[] {
  if (!isRead(snapshot, 'secrets', ingress.ref.namespace)) return [];
  const there = new Map(
    snapshot.secrets
      .filter(({ ref }) => ref.namespace === ingress.ref.namespace)
      .map((secret) => [secret.ref.name, secret]),
  );
  const fetched = Object.keys(ingress.annotations).some((key) => fetchesCertificates.test(key));
  const young =
    ingress.createdAt === undefined || secondsBetween(ingress.createdAt, snapshot.asOf) < fetchSeconds;
  return (ingress.spec?.tls ?? []).flatMap(({ secretName }): Finding[] => {
    if (secretName === undefined) return [];
    const secret = there.get(secretName);
    if (secret !== undefined) return withoutCertificate(ingress, secret);
    return [
      {
        object: ingress.ref,
        code: 'routing.tls-secret-missing',
        severity: fetched && young ? 'warning' : 'error',
        message: `${formatObject(ingress.ref)} takes its certificate from Secret ${secretName}, which is not there${fetched ? ' yet' : ''}`,
        evidence: quoteField(ingress, '.spec.tls[].secretName', secretName, 0.7),
        certainty: 0.9,
        consequence: false,
        ...sinceOf(ingress),
      },
    ];
  });
}

/** Ingresses that lead to no Service, to a port that it has not, that nobody serves, or whose certificate is missing. */
export const ingress = defineAnalyzer({
  name: 'ingress',
  kind: 'Ingress',
  analyze: (snapshot) =>
    ingresses(snapshot)
      .filter(({ terminating }) => !terminating)
      .flatMap((one) => [
        ...backendFindings(snapshot, one),
        ...classFindings(snapshot, one),
        ...tlsFindings(snapshot, one),
      ]),
});
