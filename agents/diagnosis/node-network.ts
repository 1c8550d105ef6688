import type { CauseCode } from '#domain/causes/codes.ts';
import type { Measure } from '#domain/metric-words.ts';
import { entityOf } from '../analysis/kubernetes/entities.ts';
import { podsOf } from '../analysis/kubernetes/owners.ts';
import { strengthOf } from '../analysis/own-means.ts';
import { commonPlace, fewestTogether, type Placed } from '../analysis/place-contrast.ts';
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
/** Retransmitted or lost packets a second on a node, where usually there are hardly any. */
const manyLost = 3;
const manyTimes = 5;

const strength = ({ peak, score }: Reading) => strengthOf(Math.max(peak, score));

const latenciesOf = ({ readings }: Origin) =>
  readings.filter(({ measure, measuredBy }) => measure === 'latency' && measuredBy === undefined);

/** Slow for nearly all who ask: every percentile left its quiet time. */
function isSlowForAll(origin: Origin): boolean {
  const latencies = latenciesOf(origin);
  return latencies.length > 0 && latencies.every((reading) => strength(reading) >= clearly);
}

/** As quick as ever for some who ask, at least. */
function isCalmForSome(origin: Origin): boolean {
  return latenciesOf(origin).some(({ moved }) => !moved);
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

const nodeCodes: Readonly<Partial<Record<Measure, CauseCode>>> = {
  cpu: 'resource.cpu-saturated',
  memory: 'resource.memory-saturated',
  'disk-io': 'resource.disk-io',
};
const plainly = 2;

/** What the node itself has too little of: then it is no network that makes all on it slow. */
function lackOf({ readings }: CaseFile, node: string): { code: CauseCode; reading: Reading } | undefined {
  const [worst] = readings
    .filter(
      (reading) =>
        reading.info.emitter.node === node &&
        reading.info.emitter.service === undefined &&
        strength(reading) >= plainly,
    )
    .toSorted((a, b) => strength(b) - strength(a))
    .flatMap((reading) => {
      const code = nodeCodes[reading.measure];
      return code === undefined ? [] : [{ code, reading }];
    });
  return worst;
}

/** True for one that would wait for others across the network of its node; what answers alone is quick wherever it runs. */
function callsElsewhere(file: CaseFile, service: string): boolean {
  const callees = file.graph.calleesOf(service);
  const node = nodeOf(file, service);
  return !file.graph.services.has(service) || callees.some((callee) => nodeOf(file, callee) !== node);
}

/**
 * Services that are measured, by whether they are slow of themselves; what waits for others, or is slow for all and not by much,
 * is neither.
 */
function sides(file: CaseFile, origins: readonly Origin[]) {
  const placed = (all: readonly Origin[]) =>
    all.map((origin) => ({
      origin,
      place: nodeOf(file, origin.service),
      telling: callsElsewhere(file, origin.service),
    }));
  return {
    slow: placed(origins.filter((origin) => origin.unexplained >= clearly && isSlowForAll(origin))),
    calm: placed(origins.filter(isCalmForSome)),
  };
}

/** What is left to chance where a node itself shows what is wrong with it. */
const mostChanceWithSign = 0.25;

/** Where those that are slow are together: by themselves, or with a sign of the node that it is the one. */
function blamedNode(file: CaseFile, slow: readonly Placed[], calm: readonly Placed[]): string | undefined {
  const node = commonPlace(slow, calm, mostChanceWithSign);
  if (node === undefined) return undefined;
  const shows = lossesOf(file, node) !== undefined || lackOf(file, node) !== undefined;
  return shows ? node : commonPlace(slow, calm);
}

/** The node where services are slow of themselves while those elsewhere are calm; none where that may be chance. */
export function nodeNetworkCandidates(file: CaseFile, origins: readonly Origin[]): Candidate[] {
  const { slow: slowOnes, calm } = sides(file, origins);
  const node = blamedNode(file, slowOnes, calm);
  const slow = slowOnes.filter(({ place }) => place === node).map(({ origin }) => origin);
  const [worst] = slow;
  if (node === undefined || worst === undefined) return [];
  const losses = lossesOf(file, node);
  const lack = losses === undefined ? lackOf(file, node) : undefined;
  const why = losses ?? lack?.reading;
  const told = slow.flatMap(({ readings }) =>
    readings.filter(({ measure }) => measure === 'latency').slice(0, 1),
  );
  const names = slow.map(({ service }) => service);
  const elsewhere = calm.filter(({ place }) => place !== node).map(({ origin }) => origin.service);
  return [
    {
      ...baseOf(suspectOf(file, worst.service)),
      object: { cluster: file.subject.cluster, kind: 'Node', name: node },
      through: slow.flatMap(({ service }) => workloadsOf(file, service).map(({ ref }) => ref)),
      code: losses === undefined ? (lack?.code ?? 'network.delay') : 'network.loss',
      certainty: Math.min(0.8, (why === undefined ? 0.6 : 0.7) + 0.03 * (slow.length - fewestTogether)),
      reasons: [
        `What is slow of itself runs on node ${node}: ${names.join(', ')}. Elsewhere all is calm: ${elsewhere.join(', ')}.`,
        ...told.slice(0, 2).map((reading) => `${describeReading(reading)}.`),
        ...(losses === undefined ? [] : [`Packets get lost there: ${describeReading(losses)}.`]),
        ...(lack === undefined ? [] : [`The node itself is short: ${describeReading(lack.reading)}.`]),
      ],
      evidence: [
        ...(why === undefined ? [] : quoteReading(why, 0.7)),
        ...told.slice(0, 3).flatMap((reading) => quoteReading(reading, 0.5)),
      ],
    },
  ];
}
