import { PrometheusDriver } from 'prometheus-query';
import { z } from 'zod';

/** One sample of an instant query. */
export type Sample = { labels: Readonly<Record<string, string>>; value: number };

const vectorSchema = z.array(
  z.object({
    metric: z.object({ labels: z.record(z.string(), z.string()) }),
    value: z.object({ value: z.number() }),
  }),
);
const alertsSchema = z.array(z.object({ labels: z.record(z.string(), z.string()) }));
const timeoutMs = 5000;

/** Answers an instant query in PromQL whose result is a vector. */
export async function instantQuery(prometheusUrl: string, query: string): Promise<Sample[]> {
  const { result } = await new PrometheusDriver({ endpoint: prometheusUrl, timeout: timeoutMs }).instantQuery(
    query,
  );
  return vectorSchema
    .parse(result)
    .map(({ metric, value }) => ({ labels: metric.labels, value: value.value }));
}

export type FiringAlert = { name: string; labels: Readonly<Record<string, string>> };

/** Alerts that Prometheus has firing and that are worth telling somebody. */
export async function firingAlerts(prometheusUrl: string): Promise<FiringAlert[]> {
  const samples = await instantQuery(prometheusUrl, 'ALERTS{alertstate="firing",severity!="info"}');
  return samples.map(({ labels }) => ({ name: labels.alertname ?? '', labels }));
}

/** Alerts that Alertmanager still holds for active and that are worth telling somebody. */
export async function heldAlerts(alertmanagerUrl: string): Promise<FiringAlert[]> {
  const url = `${alertmanagerUrl}/api/v2/alerts?active=true&silenced=false&inhibited=false`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  return alertsSchema
    .parse(await answer.json())
    .filter(({ labels }) => labels.severity !== 'info')
    .map(({ labels }) => ({ name: labels.alertname ?? '', labels }));
}
