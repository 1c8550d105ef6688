import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject } from '#domain/object-ref.ts';
import { controllerRef, servingPods } from '../analysis/kubernetes/owners.ts';
import type { ContainerStatus, Pod } from '../analysis/kubernetes/pod.ts';
import { eventsOf, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteEvent, quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

const pullReasons = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);

/** What registries and container runtimes say when a pull fails; the first that fits. */
const pullErrors: readonly (readonly [RegExp, CauseCode, number])[] = [
  [/toomanyrequests|too many requests|\b429\b|pull rate limit/i, 'image.registry-rate-limited', 0.95],
  [
    /no match for platform|no matching manifest|no image found in (manifest list|image index) for architecture/i,
    'image.wrong-architecture',
    0.95,
  ],
  [
    // Go writes a name server that did not answer into the same words as a time-out of the registry itself.
    /no such host|server misbehaving|temporary failure in name resolution|\blookup \S+ on \S+: /i,
    'image.registry-name-resolution',
    0.85,
  ],
  [
    /i\/o timeout|connection refused|no route to host|deadline exceeded|TLS handshake|bad gateway|service unavailable|connection reset|network is unreachable/i,
    'image.registry-unreachable',
    0.8,
  ],
  // Registries say "access denied or does not exist" for what is not there, to tell nobody what is.
  [
    /repository does not exist|manifest unknown|manifest for .* not found|name unknown|not found|NotFound|couldn't parse image|invalid reference|InvalidImageName/i,
    'image.bad-reference',
    0.95,
  ],
  [
    /unauthorized|authentication required|\b401\b|\b403\b|forbidden|denied|authorization failed|no basic auth/i,
    'image.pull-unauthorized',
    0.85,
  ],
  [/ErrImageNeverPull|is not present with pull policy of Never/i, 'image.bad-reference', 0.9],
];

/** True for what a kubelet says of a container that waits for its image. */
export function isPullReason(reason: string | undefined): boolean {
  return reason !== undefined && pullReasons.has(reason);
}

/** The cause that a failed pull's words name, and how surely. */
export function pullCause(message: string): readonly [CauseCode, number] {
  const known = pullErrors.find(([pattern]) => pattern.test(message));
  return known === undefined ? ['image.other', 0.8] : [known[1], known[2]];
}

/** Domains that no public name server knows (RFC 2606, RFC 6762, and ICANN's `.internal`). */
const privateRegistry = /^[^/]*\.(local|localhost|internal|test|invalid|example|lan|home\.arpa)(:\d+)?$/i;
const notReached = new Set<CauseCode>(['image.registry-name-resolution', 'image.registry-unreachable']);

function registryOf(image: string): string {
  return image.slice(0, Math.max(0, image.indexOf('/')));
}

/**
 * True for a registry that exists in name only: its images are put on the nodes by hand, and others of them run. One that
 * has to be pulled from it is then one that does not exist.
 */
function isNominal(snapshot: Snapshot, image: string): boolean {
  const registry = registryOf(image);
  if (!privateRegistry.test(registry)) return false;
  return snapshot.pods.some(({ status }) =>
    status?.containerStatuses.some(
      (container) => container.ready === true && registryOf(container.image ?? '') === registry,
    ),
  );
}

/** Docker Hub's own images need no account: what it denies of them is not there. */
function isOfficial(image: string): boolean {
  const name = image.replace(/^(?:docker\.io|index\.docker\.io)\//, '').replace(/^library\//, '');
  return !name.includes('/');
}

function causeOf(snapshot: Snapshot, image: string, message: string): readonly [CauseCode, number] {
  const [code, certainty] = pullCause(message);
  if (code === 'image.pull-unauthorized' && isOfficial(image)) return ['image.bad-reference', 0.85];
  return notReached.has(code) && isNominal(snapshot, image)
    ? ['image.bad-reference', 0.85]
    : [code, certainty];
}

/** True where a pull secret that the pod names is not there: then "denied" is about credentials. */
function pullSecretMissing(snapshot: Snapshot, pod: Pod): boolean {
  return eventsOf(snapshot, pod.ref).some((event) => event.reason === 'FailedToRetrieveImagePullSecret');
}

function findingOf(snapshot: Snapshot, pod: Pod, status: ContainerStatus): Finding[] {
  const waiting = status.state?.waiting;
  if (waiting === undefined || !isPullReason(waiting.reason)) return [];
  const events = eventsOf(snapshot, pod.ref).filter((event) => /image/i.test(event.message));
  const told = events.find((event) =>
    /failed to pull|couldn't parse|inspect|never pull|not present/i.test(event.message),
  );
  const message = [told?.message, waiting.message, waiting.reason].filter(Boolean).join(' | ');
  const denied = pullSecretMissing(snapshot, pod);
  const object = controllerRef(snapshot, pod);
  const image = status.image === '' ? undefined : status.image;
  const wanted = pod.spec?.containers.find(({ name }) => name === status.name)?.image ?? image ?? 'its image';
  const [code, certainty]: readonly [CauseCode, number] = denied
    ? ['image.pull-unauthorized', 0.9]
    : causeOf(snapshot, wanted, message);
  const since = pod.createdAt ?? told?.firstAt;
  return [
    {
      object,
      code,
      severity: 'error',
      message: `${formatObject(pod.ref)} cannot pull ${wanted} (${waiting.reason})`,
      evidence: [
        ...quoteEvent(told, 0.7),
        ...quoteField(pod, '.status.containerStatuses[].state.waiting.message', waiting.message, 0.4),
        ...quoteField(pod, '.status.containerStatuses[].state.waiting.reason', waiting.reason, 0.3),
      ],
      certainty,
      consequence: false,
      ...(since === undefined ? {} : { since }),
      through: [pod.ref],
      fixHint: { facets: ['image'] },
    },
  ];
}

/** Images that cannot be pulled, and why the registry or the runtime says so. */
export const podImage = defineAnalyzer({
  name: 'pod-image',
  kind: 'Pod',
  analyze: (snapshot) =>
    servingPods(snapshot).flatMap((pod) =>
      [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].flatMap(
        (status) => findingOf(snapshot, pod, status),
      ),
    ),
});
