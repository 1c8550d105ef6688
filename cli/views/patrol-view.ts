import { formatObject, formatObjectWithCluster } from '#domain/object-ref.ts';
import type { PatrolForecast } from '#domain/patrol.ts';
import { toMs } from '#domain/time.ts';
import { formatDuration } from '../duration.ts';
import type { PatrolReading } from '../wire.ts';
import { fieldLines } from './layout.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

type Seen = PatrolReading['seen'][number];

/** `2026-12-03 14:05`, in the reader's zone. */
function day(instant: string, { timeZone }: Pick<Style, 'timeZone'>): string {
  return new Intl.DateTimeFormat('sv-SE', {
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(new Date(instant));
}

/** What a forecast says, in the reader's language. */
export function forecastText(forecast: PatrolForecast, style: Style): string {
  const { words } = style;
  const { what, part, level, notBefore, about, atLatest } = forecast;
  const whose = part === undefined ? '' : `${part} `;
  if (what === 'certificate') return `${whose}${words.patrol.expires(day(about, style))}`;
  const interval = words.patrol.interval(day(notBefore, style), day(atLatest, style));
  const now = level === undefined ? '' : words.patrol.now(Math.round(level * 100));
  return `${whose}${words.patrol.reached[what](day(about, style))}${words.inParens(interval)}${now}`;
}

function textOf({ sighting }: Seen, style: Style): string {
  return sighting.forecast === undefined ? sighting.message : forecastText(sighting.forecast, style);
}

function stateOf({ goneAt, reportedAt, sighting, isOld }: Seen, { words }: Style): string {
  if (goneAt !== undefined) return words.patrol.gone;
  if (reportedAt !== undefined) return words.patrol.reported;
  return isOld && sighting.kind === 'fault' ? words.patrol.old : words.patrol.watched;
}

/** What patrols have seen, one a line. */
export function renderPatrols(
  seen: readonly Seen[],
  { style, columns, nowMs }: { style: Style; columns: number | undefined; nowMs: number },
): string {
  const { words, paint } = style;
  const { column } = words;
  return renderTable(
    [
      { title: column.sighting },
      { title: column.kind },
      { title: column.state },
      { title: column.since, align: 'right' },
      { title: column.object, shrinks: 'name' },
      { title: column.what, shrinks: 'sentence' },
    ],
    seen.map((one) => [
      one.id.slice(0, 8),
      words.patrol.kind[one.sighting.kind],
      stateOf(one, style),
      formatDuration(nowMs - toMs(one.sighting.since ?? one.firstSeenAt), words.units),
      formatObject(one.sighting.object),
      textOf(one, style),
    ]),
    { columns, title: paint.quiet },
  );
}

/** One sighting with everything that is known of it. */
export function renderWatch(one: Seen, style: Style): string {
  const { words, paint } = style;
  const { sighting, firstSeenAt, lastSeenAt, looks, goneAt, reportedAt } = one;
  const { patrol, column } = words;
  const fields = [
    [column.object, formatObjectWithCluster(sighting.object)],
    [column.kind, patrol.kind[sighting.kind]],
    [column.cause, sighting.cause],
    [column.what, textOf(one, style)],
    [column.state, stateOf(one, style)],
    [patrol.firstSeen, day(firstSeenAt, style)],
    [patrol.lastSeen, `${day(lastSeenAt, style)}${words.inParens(patrol.looks(looks))}`],
    ...(goneAt === undefined ? [] : [[patrol.goneSince, day(goneAt, style)] as const]),
    ...(reportedAt === undefined ? [] : [[patrol.reportedAt, day(reportedAt, style)] as const]),
  ] as const;
  return fieldLines(fields, { indent: 0, columns: style.columns, label: paint.quiet }).join('\n');
}
