import { condition, defineQuery, setHandler } from '@temporalio/workflow';
import { recorders } from './activity-profiles.ts';
import {
  alertDeliveredSchema,
  closeSchema,
  queryNames,
  remediationReportedSchema,
  signalNames,
  takeOverSchema,
} from './contracts.ts';
import { onSignal, onUnknownSignals, type UnknownSignal } from './inbox.ts';
import type { IncidentMemory } from './incident-memory.ts';

/** Unknown signals of an incident that are put on record; what comes after so many is a flood. */
const unknownCap = 100;

/** What comes in to an incident from outside. Signals are only knocks at the door: what counts is read from the record. */
export type IncidentNews = {
  readonly memory: IncidentMemory;
  /** Brings in what the record says now. */
  read(): Promise<void>;
  /** Puts a signal on record that told something untrue. */
  distrust(signal: UnknownSignal): Promise<void>;
};

export function ids(memory: IncidentMemory): { tenant: string; incidentId: string } {
  return { tenant: memory.tenant, incidentId: memory.incidentId };
}

/** Starts taking signals in. */
export function openNews(memory: IncidentMemory): IncidentNews {
  const read = onlyOneAtATime(() => readRecord(memory));
  const distrust = async (signal: UnknownSignal): Promise<void> => {
    memory.unknownSignals += 1;
    if (memory.unknownSignals <= unknownCap)
      await recorders.recordUnknownSignal({ ...ids(memory), ...signal });
  };
  const unknown = { push: distrust };
  onSignal(
    signalNames.alertDelivered,
    alertDeliveredSchema,
    'An alert of this incident was delivered: the record is read anew. Sent by the server.',
    async ({ deliveryNo }) => {
      await read();
      if (deliveryNo > memory.deliveryNo)
        await distrust({
          name: signalNames.alertDelivered,
          detail: `delivery ${deliveryNo} is not on record`,
        });
    },
    unknown,
  );
  onSignal(
    signalNames.takeOver,
    takeOverSchema,
    '"I have it": a person takes over and the stand-in stands down. {"user":"…"}',
    (taken) => {
      memory.takenOverBy ??= taken.user;
    },
    unknown,
  );
  onSignal(
    signalNames.close,
    closeSchema,
    'A person has ended the incident by hand: stand down and close it. {"user":"…","reason":"…"}',
    (closed) => {
      memory.closedBy ??= closed;
      memory.takenOverBy ??= closed.user;
    },
    unknown,
  );
  onSignal(
    signalNames.remediationReported,
    remediationReportedSchema,
    'How the remediation of a plan ended: it is held against the record. Sent by the remediation workflow.',
    (report) => {
      // The first one is looked at first; it goes when the record does not bear it out.
      if (report.planNo === memory.openPlan) memory.report ??= report;
    },
    unknown,
  );
  onUnknownSignals(unknown);
  setHandler(defineQuery(queryNames.state), () => ({ ...memory, evidenceIds: memory.evidenceIds.length }), {
    description: 'What this incident knows and waits for',
  });
  return { memory, read, distrust };
}

async function readRecord(memory: IncidentMemory): Promise<void> {
  const record = await recorders.readIncident(ids(memory));
  memory.standing = record.standing;
  if (record.standing === 'unknown') return;
  memory.deliveryNo = record.deliveryNo;
  memory.firing = record.firing;
  if (record.takenOverBy !== undefined) memory.takenOverBy ??= record.takenOverBy;
}

/** Work that is not begun a second time while it is under way: whoever asks meanwhile has it done once more after it. */
function onlyOneAtATime(work: () => Promise<void>): () => Promise<void> {
  let asked = 0;
  let underWay = false;
  return async () => {
    asked += 1;
    if (underWay) {
      await condition(() => !underWay);
      return;
    }
    underWay = true;
    try {
      for (let done = 0; done !== asked; ) {
        done = asked;
        await work();
      }
    } finally {
      underWay = false;
    }
  };
}
