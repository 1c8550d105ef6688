import { pointer } from '#domain/actions/json-patch.ts';
import { formatObject } from '#domain/object-ref.ts';
import type { Service } from '../analysis/kubernetes/networking.ts';
import { workloadsSelected } from '../analysis/kubernetes/owners.ts';
import { lastEditedAt } from '../analysis/kubernetes/partial.ts';
import {
  type Ingress,
  type IngressBackend,
  ingressClasses,
  ingresses,
} from '../analysis/kubernetes/routing.ts';
import { nearlyNamed, serviceAt } from '../analysis/kubernetes/service-names.ts';
import { isRead, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding, type HintedStep } from './define-analyzer.ts';

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
  return [{ path, shown, name, port }];
}

function backendsOf({ spec }: Ingress): Place[] {
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

function sinceOf(ingress: Ingress): { since?: string } {
  const since = lastEditedAt(ingress.raw);
  return since === undefined ? {} : { since };
}

function patchOf(ingress: Ingress, path: string, value: unknown, why: string, before: unknown): HintedStep {
  return {
    action: 'patch',
    object: ingress.ref,
    arguments: { operations: [{ op: 'replace', path, value }] },
    why,
    undo: `set it back to ${String(before)}`,
  };
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

/** Classes that a provider's own controller answers to without an IngressClass. */
const providersOwn =
  /^(gce|gce-internal|azure\/application-gateway|azure-application-gateway|alb|addon-http-application-routing|webapprouting\..*|gke-.*|openshift-.*|public-iks-.*|private-iks-.*)$/;

function classFindings(snapshot: Snapshot, ingress: Ingress): Finding[] {
  const name = ingress.spec?.ingressClassName;
  if (name === undefined || !snapshot.kindsRead.has('ingressclasses')) return [];
  const classes = ingressClasses(snapshot);
  if (classes.some(({ ref }) => ref.name === name)) return [];
  const own = providersOwn.test(name) || (ingress.status?.loadBalancer?.ingress ?? []).length > 0;
  const [only] = classes;
  const step =
    !own && only !== undefined && classes.length === 1
      ? patchOf(
          ingress,
          '/spec/ingressClassName',
          only.ref.name,
          `${formatObject(only.ref)} is the only class`,
          name,
        )
      : undefined;
  return [
    {
      object: ingress.ref,
      code: 'routing.ingress-class-missing',
      severity: own ? 'info' : 'error',
      message: `${formatObject(ingress.ref)} is of class ${name}, which is not there: nobody serves it`,
      evidence: quoteField(ingress, '.spec.ingressClassName', name, 0.7),
      certainty: 0.9,
      consequence: false,
      ...sinceOf(ingress),
      ...(step === undefined ? {} : { fixHint: { steps: [step] } }),
    },
  ];
}

/** Whoever fetches certificates makes the secret when it has one. */
const fetchesCertificates =
  /^(cert-manager\.io|certmanager\.k8s\.io|networking\.gke\.io\/managed-cert|kubernetes\.io\/tls-acme)/;

function tlsFindings(snapshot: Snapshot, ingress: Ingress): Finding[] {
  if (!isRead(snapshot, 'secrets', ingress.ref.namespace)) return [];
  const there = new Set(
    snapshot.secrets.filter(({ ref }) => ref.namespace === ingress.ref.namespace).map(({ ref }) => ref.name),
  );
  const fetched = Object.keys(ingress.annotations).some((key) => fetchesCertificates.test(key));
  return (ingress.spec?.tls ?? []).flatMap(({ secretName }): Finding[] => {
    if (secretName === undefined || there.has(secretName)) return [];
    return [
      {
        object: ingress.ref,
        code: 'routing.tls-secret-missing',
        severity: fetched ? 'warning' : 'error',
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
