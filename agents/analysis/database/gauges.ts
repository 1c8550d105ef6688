import type { SeriesInfo, SeriesWindow } from '#domain/tools/prometheus.ts';

/** What gauges of a database tell, whatever monitoring calls them. */
export const gaugeNames = [
  'cpu',
  'connections',
  'freeStorage',
  'freeMemory',
  'swap',
  'replicaLag',
  'diskQueue',
  'readLatency',
  'writeLatency',
  'commitLatency',
  'readRate',
  'writeRate',
  'logGrowth',
  'logUsage',
  'transactionAge',
] as const;
export type GaugeName = (typeof gaugeNames)[number];

/** Matched against the words of a series' name, joined by blanks. */
const forms: readonly (readonly [GaugeName, RegExp])[] = [
  ['cpu', /^cpu\b.*\b(utili[sz]ation|usage|percent|used)\b|^cpu$/],
  ['replicaLag', /\b(replica|replication|replay)\b.*\b(lag|delay)\b|\bseconds behind\b/],
  ['transactionAge', /\b(used transaction i ?ds|transaction id age|xid age|wraparound)\b/],
  [
    'connections',
    /\b(database|active|open|current|used|client)? ?connections?( count| used| total)?$|\bnum ?backends\b|\bthreads connected\b/,
  ],
  [
    'freeStorage',
    /\bfree (local )?(storage|disk)( space)?\b|\b(storage|disk|filesystem) (free|available|avail)\b/,
  ],
  ['freeMemory', /\b(freeable|free|available) memory\b|\bmemory (free|available)\b/],
  ['swap', /\bswap\b/],
  ['diskQueue', /\bdisk queue\b/],
  ['readLatency', /\bread latency\b/],
  ['writeLatency', /\bwrite latency\b/],
  ['commitLatency', /\bcommit latency\b/],
  ['readRate', /\bread (iops|ops)\b/],
  ['writeRate', /\bwrite (iops|ops)\b/],
  ['logUsage', /\b(transaction|redo|bin|wal) ?logs? (disk )?usage\b/],
  ['logGrowth', /\b(transaction|redo|wal) ?logs? generation\b|\bwal (bytes|generation)\b/],
];

/** The words of a name in any spelling: `FreeStorageSpace`, `free_storage_space`. */
function wordsOf(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[^a-z0-9%]+/g, ' ')
    .trim();
}

export function gaugeOf({ name }: Pick<SeriesInfo, 'name'>): GaugeName | undefined {
  const words = wordsOf(name);
  return forms.find(([, form]) => form.test(words))?.[0];
}

/** A gauge over the time that is looked at. */
export type Gauge = {
  readonly info: SeriesInfo;
  /** Mean of the first and of the last third: where it comes from and where it is. */
  readonly first: number;
  readonly last: number;
  readonly highest: readonly [number, number];
  readonly lowest: readonly [number, number];
  readonly evidenceId: string;
};

function mean(points: readonly (readonly [number, number])[]): number {
  return points.reduce((sum, [, value]) => sum + value, 0) / points.length;
}

/** A share in percent, whatever it was recorded as. */
function scaleOf(name: GaugeName, info: SeriesInfo): number {
  return name === 'cpu' && info.unit === 'ratio' ? 100 : 1;
}

/** Reads a gauge; undefined without points. */
export function readGauge(
  name: GaugeName,
  { info, points }: SeriesWindow,
  evidenceId: string,
): Gauge | undefined {
  const [start] = points;
  if (start === undefined) return undefined;
  const third = Math.max(1, Math.floor(points.length / 3));
  const scale = scaleOf(name, info);
  const extreme = (better: (a: number, b: number) => boolean) =>
    points.reduce((best, point) => (better(point[1], best[1]) ? point : best), start);
  return {
    info,
    first: mean(points.slice(0, third)) * scale,
    last: mean(points.slice(-third)) * scale,
    highest: extreme((a, b) => a > b),
    lowest: extreme((a, b) => a < b),
    evidenceId,
  };
}
