import type { Instant } from '#domain/time.ts';
import type { Paint } from '../paint.ts';
import type { Language, Words } from '../words/words.ts';

/** What every view is laid out with. */
export type Style = {
  readonly words: Words;
  readonly language: Language;
  readonly paint: Paint;
  /** Columns of text; see `readableColumns`. */
  readonly columns: number;
  /** IANA name; absent: the machine's. */
  readonly timeZone?: string;
};

/** `12:34:05`, in the reader's zone. */
export function clock(instant: Instant, style: Pick<Style, 'timeZone'>): string {
  return new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    ...(style.timeZone === undefined ? {} : { timeZone: style.timeZone }),
  }).format(new Date(instant));
}

/** The beginning of a gate's id: enough to name it, and what the commands accept. */
export function shortGateId(gateId: string): string {
  return gateId.slice(0, 8);
}

/** The beginning of an incident's id. The first 48 bits are its time, so two of one minute differ only after them. */
export function shortIncidentId(incidentId: string): string {
  return incidentId.slice(0, 13);
}
