import type { Quote } from '#domain/diagnosis.ts';
import type { Reading } from '../analysis/signals.ts';

/** A number as people say it, in the unit of its series. */
export function formatValue(value: number | undefined, unit: string | undefined): string {
  if (value === undefined) return 'nothing';
  if (unit === 'ratio') return `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`;
  if (unit === 's') return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(2)} s`;
  const rounded = Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
  return unit === undefined ? rounded : `${rounded} ${unit}`;
}

const words: Readonly<Record<Reading['info']['signal'], string>> = {
  traffic: 'traffic',
  errors: 'errors',
  latency: 'latency',
  saturation: 'usage',
  availability: 'availability',
  restarts: 'restarts',
  throttling: 'CPU throttling',
  other: '',
};

/** `latency of cart (p95) 41 ms → 1.20 s since 12:01:05Z`. */
export function describeReading(reading: Reading): string {
  const { info, service, before, now, since } = reading;
  const what = [
    words[info.signal] === '' ? info.name : words[info.signal],
    service === undefined ? '' : `of ${service}`,
    info.statistic === undefined || info.statistic === 'value' ? '' : `(${info.statistic})`,
  ]
    .filter((word) => word !== '')
    .join(' ');
  const change =
    before === undefined
      ? formatValue(now, info.unit)
      : `${formatValue(before, info.unit)} → ${formatValue(now, info.unit)}`;
  return `${what} ${change}${since === undefined ? '' : ` since ${since}`}`;
}

export function quoteReading(reading: Reading, weight: number): Quote[] {
  if (reading.quote === undefined) return [];
  return [
    {
      source: 'prometheus',
      ref: `${reading.info.name} of ${reading.service ?? 'nobody named'}`,
      quote: reading.quote,
      weight,
      evidenceId: reading.evidenceId,
    },
  ];
}
