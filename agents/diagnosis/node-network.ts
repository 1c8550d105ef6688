import { entityOf } from '../analysis/kubernetes/entities.ts';
import { podsOf } from '../analysis/kubernetes/owners.ts';
import { strengthOf } from '../analysis/own-means.ts';
import type { Reading } from '../analysis/signals.ts';
import type { Candidate } from './candidate.ts';
import type { CaseFile } from './case-file.ts';
import type { Origin } from './origins.ts';
import { describeReading, quoteReading } from './readings.ts';
import { baseOf, suspectOf } from './suspects.ts';

/**
 * Services that have nothing in common but the node on which they run are slow because of it: what comes from it or goes to it
 * takes long, whoever asks. That some of a service's requests are slow, those that come from there, is no sign of its own
 * node; that nearly all are, is.
 */

/** So much, on the scale of strengths, that nobody takes it for chance. */
const clearly = 3;
/** One service alone is its own trouble. */
const fewestServices = 2;
/** Retransmitted or lost packets a second on a node, where usually there are hardly any. */
const manyLost = 3;
const manyTimes = 5;

const strength = ({ peak, score }: Reading) => strengthOf(Math.max(peak, score));

/** Slow for nearly all who ask: every percentile left its quiet time. */
function isSlowForAll({ readings }: Origin): boolean {
  const latencies = readings.filter(
    ({ measure, measuredBy }) => measure === 'latency' && measuredBy === undefined,
  );
  return latencies.length > 0 && latencies.every((reading) => strength(reading) >= clearly);
}

function workloadsOf({ snapshot, view }: CaseFile, service: string) {
  return entityOf(snapshot, service, view.services).workloads;
}

/** The one node on which all pods of a service run. */
function nodeOf(file: CaseFile, service: string): string | undefined {
  const pods = workloadsOf(file, service).flatMap((workload) => podsOf(file.snapshot, workload));
  const nodes = new Set(pods.flatMap(({ spec }) => spec?.nodeName ?? []));
  return nodes.size === 1 ? [...nodes][0] : undefined;
}

/** Packets that a node had to send again or lost, far more than before. */
function lossesOf({ readings }: CaseFile, node: string): Reading | undefined {
  return readings.find(
    ({ info, measure, before, worst }) =>
      info.emitter.node === node &&
      info.emitter.service === undefined &&
      measure === 'packets' &&
      worst !== undefined &&
      worst >= manyLost &&
      worst >= (before ?? 0) * manyTimes,
  );
}

/** The node that all services have in common which are slow of themselves; none where there is no such node. */
export function nodeNetworkCandidates(file: CaseFile, origins: readonly Origin[]): Candidate[] {
  const slow = origins.filter((origin) => origin.unexplained >= clearly && isSlowForAll(origin));
  const nodes = new Set(slow.map(({ service }) => nodeOf(file, service)));
  const [node] = nodes;
  const [worst] = slow;
  if (worst === undefined || slow.length < fewestServices || nodes.size !== 1 || node === undefined)
    return [];
  // On the only node everything runs: that says nothing.
  if (file.snapshot.nodes.length < 2) return [];
  const losses = lossesOf(file, node);
  const told = slow.flatMap(({ readings }) =>
    readings.filter(({ measure }) => measure === 'latency').slice(0, 1),
  );
  const names = slow.map(({ service }) => service);
  return [
    {
      ...baseOf(suspectOf(file, worst.service)),
      object: { cluster: file.subject.cluster, kind: 'Node', name: node },
      through: slow.flatMap(({ service }) => workloadsOf(file, service).map(({ ref }) => ref)),
      code: losses === undefined ? 'network.delay' : 'network.loss',
      certainty: Math.min(0.8, (losses === undefined ? 0.6 : 0.7) + 0.03 * (slow.length - fewestServices)),
      reasons: [
        `All that is slow of itself runs on node ${node}: ${names.join(', ')}.`,
        ...told.slice(0, 2).map((reading) => `${describeReading(reading)}.`),
        ...(losses === undefined ? [] : [`Packets get lost there: ${describeReading(losses)}.`]),
      ],
      evidence: [
        ...(losses === undefined ? [] : quoteReading(losses, 0.7)),
        ...told.slice(0, 3).flatMap((reading) => quoteReading(reading, 0.5)),
      ],
    },
  ];
}
