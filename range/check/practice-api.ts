import type { Diagnosis } from '#domain/diagnosis.ts';
import type { Gate } from '#domain/gate.ts';
import type { Incident } from '#domain/incident.ts';
import type { ObjectRef } from '#domain/object-ref.ts';

/** An incident, as far as the checker wants to know it. */
export type IncidentStory = {
  incident: Pick<Incident, 'id' | 'status' | 'outcome' | 'phase' | 'belief'>;
  /** Every diagnosis that was given, oldest first. */
  diagnoses: readonly Diagnosis[];
  steps: readonly { action: string; object: ObjectRef; status: string }[];
};

/** What the checker asks of Understudy; the command line wires it to the HTTP API. */
export type PracticeApi = {
  /** The newest incidents, open and closed; as many as one round can open will do. */
  listIncidents(): Promise<readonly Pick<Incident, 'id' | 'status'>[]>;
  getIncident(id: string): Promise<IncidentStory>;
  /** Gates that are open. */
  listApprovals(): Promise<readonly Gate[]>;
  /** Approves just what the gate shows. Does nothing where the gate has been closed meanwhile. */
  approve(gate: Gate): Promise<void>;
};
