import { type Instant, plusSeconds, secondsBetween } from '#domain/time.ts';

/** The times that an investigation looks at. */
export type Windows = {
  /** Start of what is looked at: the quiet time and the trouble. */
  readonly from: Instant;
  /** From here on it is looked at closely. */
  readonly closeFrom: Instant;
  /** End of the time that is surely before the trouble; between it and the alert lies the time that a rule waits. */
  readonly quietTo: Instant;
  /** Since when a fault counts as new. */
  readonly troubleFrom: Instant;
  readonly to: Instant;
};

const lookBackSeconds = 3600;
const closeLookSeconds = 600;
/** Rules wait before they fire, mostly five minutes or less. */
const ruleLagSeconds = 300;
/** A release can do harm for a while before a rule sees it. */
const newSinceSeconds = 1200;

/** The windows around an alert that began to fire at `startsAt`, seen at `asOf`. */
export function windowsAround(startsAt: Instant, asOf: Instant): Windows {
  return {
    from: plusSeconds(startsAt, -lookBackSeconds),
    closeFrom: plusSeconds(startsAt, -closeLookSeconds),
    quietTo: plusSeconds(startsAt, -ruleLagSeconds),
    troubleFrom: plusSeconds(startsAt, -newSinceSeconds),
    to: secondsBetween(startsAt, asOf) > 0 ? asOf : startsAt,
  };
}
