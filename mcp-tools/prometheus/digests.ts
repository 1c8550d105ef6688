import type { ToolOutput } from '#domain/tools/define-tool.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import type {
  Monitor,
  metricsListSeries,
  metricsWindow,
  monitorsList,
  SeriesInfo,
  SeriesWindow,
} from '#domain/tools/prometheus.ts';
import { digestOfPage } from '../runtime/digest.ts';

/** What models read of the answers: a line an item, figures before names. */

function whoOf(emitter: Emitter): string {
  if (emitter.source !== undefined || emitter.destination !== undefined) {
    const ends = `${emitter.source ?? '?'} → ${emitter.destination ?? '?'}`;
    return emitter.version === undefined ? ends : `${ends} (version ${emitter.version})`;
  }
  const name = emitter.pod ?? emitter.service ?? emitter.workload ?? emitter.node ?? emitter.namespace ?? '?';
  const finer = [emitter.container, emitter.version].filter((part) => part !== undefined);
  return finer.length === 0 ? name : `${name} (${finer.join(', ')})`;
}

function lineOfInfo(info: SeriesInfo): string {
  const unit = info.unit === undefined ? '' : ` in ${info.unit}`;
  return `${info.signal} ${whoOf(info.emitter)}: ${info.statistic ?? 'value'} of ${info.name}${unit}; series ${info.series}`;
}

function short(value: number | undefined): string {
  return value === undefined ? '?' : String(Number(value.toPrecision(4)));
}

function lineOfWindow({ info, points }: SeriesWindow): string {
  const values = points.map(([, value]) => value);
  const what = `${info.signal} ${whoOf(info.emitter)} ${info.statistic ?? 'value'} of ${info.name}`;
  if (values.length === 0) return `${what}: no points`;
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  const figures = `first ${short(values[0])}, last ${short(values.at(-1))}, median ${short(median)}, least ${short(sorted[0])}, most ${short(sorted.at(-1))}`;
  return `${what}: ${figures} ${info.unit ?? ''} (${values.length} points)`;
}

function lineOfMonitor(monitor: Monitor): string {
  const labels = Object.entries(monitor.labels).map(([name, value]) => `${name}="${value}"`);
  const since = monitor.activeAt === undefined ? '' : ` since ${monitor.activeAt}`;
  const value = monitor.value === undefined ? '' : ` at ${short(monitor.value)}`;
  return `${monitor.state} ${monitor.name}{${labels.join(',')}}${value}${since} ${monitor.summary ?? ''}`.trimEnd();
}

export const digestSeries = (page: ToolOutput<typeof metricsListSeries>): string =>
  digestOfPage(page, lineOfInfo);
export const digestWindows = (page: ToolOutput<typeof metricsWindow>): string =>
  digestOfPage(page, lineOfWindow);
export const digestMonitors = (page: ToolOutput<typeof monitorsList>): string =>
  digestOfPage(page, lineOfMonitor);
