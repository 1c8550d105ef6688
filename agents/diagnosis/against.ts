import type { Quote } from '#domain/diagnosis.ts';
import { workloadAt } from '../analysis/kubernetes/owners.ts';
import { readyReplicas, wantedReplicas } from '../analysis/kubernetes/workload.ts';
import { quoteField } from '../analysis/quoting.ts';
import { isFeltAlert } from './alert-kind.ts';
import type { Candidate } from './candidate.ts';
import type { CaseFile } from './case-file.ts';
import { quoteReading } from './readings.ts';
import { isFelt, isMeasured } from './suspects.ts';

const calmWeight = 0.3;
const standingWeight = 0.3;
const mostCalm = 2;

/** What users feel of the accused service, where all of it is measured and none of it moved. */
function calmSignals({ readings }: CaseFile, { service }: Candidate): Quote[] {
  const own = readings.filter(
    (reading) => service !== undefined && reading.service === service && isMeasured(reading),
  );
  if (own.some(isFelt)) return [];
  const whole = own.filter(
    ({ info }) => info.emitter.pod === undefined && info.emitter.version === undefined,
  );
  return [...Map.groupBy(whole, ({ info }) => info.signal).values()]
    .flatMap(([first]) => (first === undefined ? [] : quoteReading(first, calmWeight)))
    .slice(0, mostCalm);
}

/** All replicas of the accused workload are ready, although users feel something. */
function standingReplicas(file: CaseFile, { object, code }: Candidate): Quote[] {
  if (!/^(image|container|scheduling|admission|probe)\./.test(code) || !isFeltAlert(file)) return [];
  const workload = workloadAt(file.snapshot, object);
  if (workload === undefined) return [];
  const [ready, wanted] = [readyReplicas(workload), wantedReplicas(workload)];
  if (ready === undefined || wanted === undefined || ready < wanted || wanted === 0) return [];
  const field = workload.ref.kind === 'DaemonSet' ? '.status.numberReady' : '.status.readyReplicas';
  return quoteField(workload, field, ready, standingWeight);
}

/** Quotes that speak against a candidate: what is well although it should not be. */
export function quotesAgainst(file: CaseFile, candidate: Candidate): Quote[] {
  return [...standingReplicas(file, candidate), ...calmSignals(file, candidate)];
}
