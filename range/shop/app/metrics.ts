type LabelValues = Readonly<Record<string, string>>;

type Histogram = { labels: string; buckets: number[]; count: number; sum: number };

export type Metrics = {
  /** By 1 unless told; by 0 makes the series known before there is anything to count. */
  increment(name: string, labels: LabelValues, by?: number): void;
  observeSeconds(name: string, labels: LabelValues, seconds: number): void;
  /** Everything in the Prometheus text format, version 0.0.4. */
  expose(): string;
};

const bucketBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const help: Readonly<Record<string, string>> = {
  http_requests_total: 'Requests answered, by method, route and status code.',
  http_request_duration_seconds: 'Time from the request to the end of its answer.',
  http_client_requests_total: 'Calls of other services, by destination and status code or error.',
  http_client_request_duration_seconds: 'Time that calls of other services took.',
};

function labelText(labels: LabelValues): string {
  return Object.entries(labels)
    .map(
      ([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`,
    )
    .join(',');
}

function histogramLines(name: string, histogram: Histogram): string[] {
  const { labels, buckets, count, sum } = histogram;
  return [
    ...bucketBounds.map((bound, index) => `${name}_bucket{${labels},le="${bound}"} ${buckets[index] ?? 0}`),
    `${name}_bucket{${labels},le="+Inf"} ${count}`,
    `${name}_sum{${labels}} ${sum}`,
    `${name}_count{${labels}} ${count}`,
  ];
}

function processLines(version: string): string[] {
  const { user, system } = process.cpuUsage();
  return [
    '# HELP process_resident_memory_bytes Resident memory size in bytes.',
    '# TYPE process_resident_memory_bytes gauge',
    `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
    '# HELP process_cpu_seconds_total User and system CPU time spent in seconds.',
    '# TYPE process_cpu_seconds_total counter',
    `process_cpu_seconds_total ${(user + system) / 1e6}`,
    '# HELP process_start_time_seconds Start time of the process since the epoch in seconds.',
    '# TYPE process_start_time_seconds gauge',
    `process_start_time_seconds ${Math.round(Date.now() / 1000 - process.uptime())}`,
    '# HELP build_info The version that runs.',
    '# TYPE build_info gauge',
    `build_info{version="${version}"} 1`,
  ];
}

/** The counters and histograms of one service. */
export function createMetrics(version: string): Metrics {
  const counters = new Map<string, Map<string, number>>();
  const histograms = new Map<string, Map<string, Histogram>>();

  return {
    increment(name, labels, by = 1) {
      const series = counters.get(name) ?? new Map<string, number>();
      counters.set(name, series);
      const key = labelText(labels);
      series.set(key, (series.get(key) ?? 0) + by);
    },
    observeSeconds(name, labels, seconds) {
      const series = histograms.get(name) ?? new Map<string, Histogram>();
      histograms.set(name, series);
      const key = labelText(labels);
      const histogram = series.get(key) ?? {
        labels: key,
        buckets: bucketBounds.map(() => 0),
        count: 0,
        sum: 0,
      };
      series.set(key, histogram);
      histogram.count += 1;
      histogram.sum += seconds;
      bucketBounds.forEach((bound, index) => {
        if (seconds <= bound) histogram.buckets[index] = (histogram.buckets[index] ?? 0) + 1;
      });
    },
    expose() {
      const lines: string[] = [];
      for (const [name, series] of counters) {
        lines.push(`# HELP ${name} ${help[name] ?? name}`, `# TYPE ${name} counter`);
        for (const [labels, value] of series) lines.push(`${name}{${labels}} ${value}`);
      }
      for (const [name, series] of histograms) {
        lines.push(`# HELP ${name} ${help[name] ?? name}`, `# TYPE ${name} histogram`);
        for (const histogram of series.values()) lines.push(...histogramLines(name, histogram));
      }
      return `${[...lines, ...processLines(version)].join('\n')}\n`;
    },
  };
}
