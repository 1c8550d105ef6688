import { pointer } from '#domain/actions/json-patch.ts';
import type { Quote } from '#domain/diagnosis.ts';
import { secondsBetween } from '#domain/time.ts';
import { type Address, configuredAddresses } from '../analysis/kubernetes/addresses.ts';
import type { Service } from '../analysis/kubernetes/networking.ts';
import { lastEditedAt } from '../analysis/kubernetes/partial.ts';
import { perSnapshot } from '../analysis/kubernetes/per-snapshot.ts';
import { clusterName } from '../analysis/kubernetes/service-names.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import type { Finding } from './define-analyzer.ts';

/** The Service's side of a port that it is asked at and has not. */

/** Addresses with a port, by the Service that they mean. */
const addressesByService = perSnapshot((snapshot) =>
  Map.groupBy(
    configuredAddresses(snapshot).filter(({ port }) => port !== undefined),
    ({ workload, host }) => {
      const meant = clusterName(snapshot, workload.ref.namespace, host);
      return `${meant?.namespace}/${meant?.name}`;
    },
  ),
);

/** How others address the same Service: a port that somebody else uses as well is hardly a slip of the hand. */
export function othersUse(
  snapshot: Snapshot,
  service: Service,
  address: Address,
): { agree: number; differ: number } {
  const { namespace, name } = service.ref;
  const others = (addressesByService(snapshot).get(`${namespace}/${name}`) ?? []).filter(
    ({ workload }) => workload.ref.name !== address.workload.ref.name,
  );
  const agree = others.filter(({ port }) => port === address.port).length;
  return { agree, differ: others.length - agree };
}

/** Ports of a headless Service are those of its pods: any may be asked. */
export function hasPort({ spec }: Service, port: number): boolean {
  const ports = spec?.ports ?? [];
  return (
    spec === undefined ||
    spec.type === 'ExternalName' ||
    spec.clusterIP === 'None' ||
    ports.length === 0 ||
    ports.some((one) => one.port === port)
  );
}

/** Charts and pipelines write a Service at every release: only an edit of the last hours may be what is new. */
const newsSeconds = 7200;

type Asked = {
  /** How many others ask at the same port, and how many at another. */
  readonly agree: number;
  readonly differ: number;
  readonly message: string;
  readonly evidence: readonly Quote[];
};

/** Where all callers ask at another port, it is the Service that is not as it was; undefined where that does not show. */
export function portMismatch(
  snapshot: Snapshot,
  { port, workload }: Address,
  service: Service,
  { agree, differ, message, evidence }: Asked,
): Finding | undefined {
  const ports = (service.spec?.ports ?? []).flatMap((one) => one.port ?? []);
  const [only] = ports;
  const edited = lastEditedAt(service.raw);
  const lately = edited !== undefined && secondsBetween(edited, snapshot.asOf) < newsSeconds;
  if (differ > 0 || !(agree > 0 || lately) || only === undefined || ports.length !== 1) return undefined;
  const since = edited ?? service.createdAt;
  return {
    object: service.ref,
    code: 'service.port-mismatch',
    severity: 'error',
    message: `${message}; ${agree > 0 ? 'others that call it ask at the same port' : 'it was changed after it was made'}`,
    evidence: [...quoteField(service, '.spec.ports[].port', only, 0.7), ...evidence],
    certainty: 0.85,
    consequence: false,
    through: [workload.ref],
    ...(since === undefined ? {} : { since }),
    fixHint: {
      steps: [
        {
          action: 'patch',
          object: service.ref,
          arguments: {
            operations: [{ op: 'replace', path: pointer('spec', 'ports', 0, 'port'), value: port }],
          },
          why: `those that call it ask at ${port}`,
          undo: `set the port back to ${only}`,
        },
      ],
    },
  };
}
