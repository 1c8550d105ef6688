import type { DoctorCheck } from '#machine/doctor-checks.ts';

/** What one look found: well, or what to do about it. A look that throws found the thing missing. */
export type Found = Omit<DoctorCheck, 'name'>;

/** One of the user's own systems: how it is named in the configuration, and the look at it. */
export type SystemCheck = {
  readonly name: string;
  readonly mend: string;
  readonly look: (signal: AbortSignal) => Promise<Found>;
};
