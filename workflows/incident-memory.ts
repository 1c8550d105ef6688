import type { Outcome, Phase } from '#domain/incident.ts';
import type { RemediationResult } from '#domain/plan.ts';
import type { Close, IncidentInput } from './contracts.ts';
import type { Desk } from './desk.ts';

/** Everything an incident's workflow knows; carried over whole by continue-as-new. */
export type IncidentMemory = Desk & {
  phase: Phase;
  /** How the record has it: closed where somebody else closed it, unknown where there is no such incident. */
  standing: 'open' | 'closed' | 'unknown';
  title: string;
  firing: boolean;
  /** The last delivery that was handled; closing compares with it. */
  deliveryNo: number;
  /** From the policy of the environment, once triage has told it. */
  lookAgainMs: number;
  /** The last delivery that was there when the present look began. */
  seenDeliveryNo: number;
  /** Looks that ended without a fault to mend. */
  idleLooks: number;
  takenOverBy?: string;
  /** Who ended it by hand, and why. */
  closedBy?: Close;
  handedOver?: string;
  /** How often it may still be looked at again after it was handed over for want of evidence. */
  looksLeft?: number;
  /** The plan that a remediation is open for. */
  openPlan?: number;
  /** A report that has come in and not been read. */
  report?: RemediationResult;
  /** An incident that is mending the same object. */
  waitingFor?: string;
  /** Signals that meant nothing or told something untrue. */
  unknownSignals: number;
  outcome?: Outcome;
  story?: string;
};

export function freshMemory(input: IncidentInput, workflowId: string): IncidentMemory {
  return {
    tenant: input.tenant,
    incidentId: input.incidentId,
    workflowId,
    turnSeq: 0,
    callSeq: 0,
    evidenceIds: [],
    findings: {},
    results: [],
    phase: 'received',
    standing: 'open',
    title: '',
    firing: true,
    deliveryNo: 0,
    lookAgainMs: 30_000,
    seenDeliveryNo: 0,
    idleLooks: 0,
    unknownSignals: 0,
  };
}
