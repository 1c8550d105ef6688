import type { CauseCode } from '#domain/causes/codes.ts';
import type { ObjectRef } from '#domain/object-ref.ts';
import type { LogPattern } from '#domain/tools/logs.ts';
import { entityOf } from '../analysis/kubernetes/entities.ts';
import type { Service } from '../analysis/kubernetes/networking.ts';
import { logCauseOf } from '../analysis/log-causes.ts';
import { isOutsideName, type Peer, peerOf } from '../analysis/log-peer.ts';
import type { CaseFile } from './case-file.ts';
import type { Suspect } from './suspects.ts';

/** Who is to be looked at because of a line. */
type Place = { readonly object: ObjectRef; readonly service: string };

/** What a line blames for the trouble. */
export type Blamed = {
  readonly code: CauseCode;
  readonly strength: number;
  /** Said in quiet times, too. */
  readonly everyday?: boolean | undefined;
  /** Where it is not the one who wrote the line. */
  readonly place?: Place | undefined;
  /** The line that says so: the sample, or the exception below it. */
  readonly line: string;
};

function servicesOf({ snapshot }: CaseFile, { host }: Peer): Service[] {
  const name = host.split('.')[0];
  return snapshot.services.filter(
    ({ ref, spec }) => spec?.clusterIP === host || (ref.name === name && !/^\d+\./.test(host)),
  );
}

/** The workload behind the other end of a call, where the cluster has it. */
function placeInside(file: CaseFile, peer: Peer): Place | undefined {
  const pod = file.snapshot.pods.find(({ status }) => status?.podIP === peer.host);
  const owner = pod === undefined ? undefined : file.serviceOf(pod.ref);
  const [front] = servicesOf(file, peer);
  const service = owner ?? front?.ref.name;
  if (service === undefined) return undefined;
  const object = entityOf(file.snapshot, service, file.view.services).workloads[0]?.ref ?? front?.ref;
  return object === undefined ? undefined : { object, service };
}

const outsideKinds: Readonly<Record<string, string>> = {
  database: 'Database',
  cache: 'Cache',
  queue: 'Queue',
};

function placeOf(file: CaseFile, peer: Peer | undefined, code: CauseCode): Place | undefined {
  if (peer === undefined) return undefined;
  const inside = placeInside(file, peer);
  if (inside !== undefined || !isOutsideName(peer)) return inside;
  const kind = outsideKinds[code.split('.')[0] ?? ''] ?? 'Service';
  return { object: { cluster: file.subject.cluster, kind, name: peer.host }, service: peer.host };
}

/** Ports by which it is told what a store or a broker is. */
const storePorts: readonly { readonly ports: readonly number[]; readonly code: CauseCode }[] = [
  { ports: [5432, 3306, 1433, 1521, 27017, 9042, 26257], code: 'database.down' },
  { ports: [6379, 11211], code: 'cache.down' },
  { ports: [9092, 5672, 4222, 6650], code: 'queue.broker-down' },
];

const refused = /connection refused|ECONNREFUSED|could not connect to server|Can't connect to MySQL server/i;
const late =
  /ETIMEDOUT|i\/o timeout|timed out|deadline exceeded|DEADLINE_EXCEEDED|TimeoutException|TimeoutError/i;
const failedOutside =
  /connection refused|ECONNREFUSED|\b50[234]\b|no route to host|EHOSTUNREACH|unreachable/i;

/** A call that failed for no reason that the line tells: where it went says what is likely. */
function failedCall(file: CaseFile, line: string, peer: Peer): Omit<Blamed, 'line'> | undefined {
  if (servicesOf(file, peer).length === 0 && isOutsideName(peer)) {
    const code = late.test(line)
      ? 'dependency.external-slow'
      : failedOutside.test(line)
        ? 'dependency.external-down'
        : undefined;
    return code === undefined ? undefined : { code, strength: 0.6, place: placeOf(file, peer, code) };
  }
  if (!refused.test(line)) return undefined;
  const store = storePorts.find(({ ports }) => peer.port !== undefined && ports.includes(peer.port));
  const place = store === undefined ? undefined : placeOf(file, peer, store.code);
  return store === undefined || place === undefined ? undefined : { code: store.code, strength: 0.5, place };
}

/** A name that does not resolve is a wrong address where the cluster has no such Service, and a broken resolver where it has. */
function nameCause(file: CaseFile, peer: Peer | undefined): CauseCode {
  if (peer === undefined || servicesOf(file, peer).length > 0) return 'network.dns-resolution';
  return 'config.address-wrong';
}

function blamedByLine({ file, service }: Suspect, line: string): Blamed | undefined {
  const peer = peerOf(line);
  const cause = logCauseOf(line);
  if (cause === undefined) {
    const failed = peer === undefined ? undefined : failedCall(file, line, peer);
    return failed === undefined ? undefined : { ...failed, line };
  }
  const { strength, everyday } = cause;
  if (cause.code === 'network.dns-resolution') return { code: nameCause(file, peer), strength, line };
  const place = cause.at === 'peer' ? placeOf(file, peer, cause.code) : undefined;
  return {
    code: cause.code,
    strength,
    everyday,
    line,
    place: place?.service === service ? undefined : place,
  };
}

/** What a pattern blames: by the exception at the bottom of its trace, else by its message. */
export function blamedBy(suspect: Suspect, { sample, exception }: LogPattern): Blamed | undefined {
  const byException = exception === undefined ? undefined : blamedByLine(suspect, exception);
  return byException ?? blamedByLine(suspect, sample);
}
