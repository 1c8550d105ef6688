import { z } from 'zod';
import type { ToolOutput } from '#domain/tools/define-tool.ts';
import type { Monitor, metricsTargets, monitorsList } from '#domain/tools/prometheus.ts';
import { pageOfList } from '../runtime/paging.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import type { PrometheusBackEnd } from './back-end.ts';
import { labelValue, serviceOfJob } from './label-spellings.ts';
import { emitterOf } from './series-info.ts';

const labelsSchema = z.record(z.string(), z.string());
const ruleSchema = z.object({
  name: z.string(),
  state: z.enum(['inactive', 'pending', 'firing']).optional(),
  health: z.string(),
  lastError: z.string().optional(),
  labels: labelsSchema.default({}),
  annotations: labelsSchema.default({}),
  alerts: z
    .array(
      z.object({
        state: z.enum(['pending', 'firing']),
        labels: labelsSchema,
        annotations: labelsSchema.default({}),
        activeAt: z.string(),
        value: z.string(),
      }),
    )
    .default([]),
});
const rulesSchema = z.object({ groups: z.array(z.object({ rules: z.array(ruleSchema) })) });
type Rule = z.output<typeof ruleSchema>;

const stateOrder: readonly Monitor['state'][] = ['firing', 'pending', 'no-data', 'ok'];

function summaryOf(annotations: Readonly<Record<string, string>>): { summary?: string } {
  const summary = annotations.summary ?? annotations.description ?? annotations.message;
  return summary === undefined ? {} : { summary };
}

/** One monitor for each alert of a rule; for a rule without any, the rule itself. */
function monitorsOf(rule: Rule): Monitor[] {
  if (rule.alerts.length > 0) {
    return rule.alerts.map((alert) => {
      const value = Number(alert.value);
      return {
        name: rule.name,
        state: alert.state,
        labels: alert.labels,
        activeAt: alert.activeAt,
        ...summaryOf(alert.annotations),
        ...(Number.isFinite(value) ? { value } : {}),
      };
    });
  }
  if (rule.health === 'err') {
    const summary = `the rule cannot be evaluated: ${rule.lastError ?? 'no reason given'}`;
    return [{ name: rule.name, state: 'no-data', labels: rule.labels, summary }];
  }
  // A summary holds what the template makes of an alert; without one it would be bare `{{ }}`.
  return [{ name: rule.name, state: rule.health === 'ok' ? 'ok' : 'no-data', labels: rule.labels }];
}

function orderOf(monitor: Monitor): string {
  const labels = JSON.stringify(Object.entries(monitor.labels).sort());
  return `${stateOrder.indexOf(monitor.state)} ${monitor.name} ${labels}`;
}

export async function listMonitors(
  backEnd: PrometheusBackEnd,
  input: z.output<(typeof monitorsList)['input']>,
  context: ToolContext,
): Promise<ToolOutput<typeof monitorsList>> {
  return await backEnd.during('monitors', context, async (call) => {
    const { groups } = await call.get('rules', { type: 'alert' }, rulesSchema);
    const monitors = groups
      .flatMap((group) => group.rules)
      .flatMap(monitorsOf)
      .filter(
        ({ labels }) => input.cluster === undefined || (labels.cluster ?? input.cluster) === input.cluster,
      )
      .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
    const hint = monitors.length === 0 ? 'this Prometheus has no alert rules' : undefined;
    return pageOfList(monitors, input, { hint });
  });
}

const targetsSchema = z.object({
  activeTargets: z.array(
    z.object({
      labels: labelsSchema,
      health: z.enum(['up', 'down', 'unknown']).catch('unknown'),
      lastError: z.string().default(''),
    }),
  ),
});

export async function listTargets(
  backEnd: PrometheusBackEnd,
  input: z.output<(typeof metricsTargets)['input']>,
  context: ToolContext,
): Promise<ToolOutput<typeof metricsTargets>> {
  return await backEnd.during('metrics_targets', context, async (call) => {
    // Dropped targets are not asked for: there can be more of them than a server can list.
    const { activeTargets } = await call.get('targets', { state: 'active' }, targetsSchema);
    const targets = activeTargets
      .map(({ labels, health, lastError }) => ({
        emitter: emitterOf({
          namespace: labelValue(labels, 'namespace'),
          service: labelValue(labels, 'service') ?? serviceOfJob(labels.job ?? ''),
          pod: labelValue(labels, 'pod'),
          container: labelValue(labels, 'container'),
          node: labelValue(labels, 'node') ?? labels.instance,
          version: labelValue(labels, 'version'),
        }),
        job: labels.job ?? '',
        health,
        ...(lastError === '' ? {} : { lastError }),
      }))
      .map((target) => ({ target, order: JSON.stringify([target.health, target.job, target.emitter]) }))
      .sort((a, b) => (a.order < b.order ? -1 : 1))
      .map(({ target }) => target);
    const asked = input.state === 'any' ? targets : targets.filter((target) => target.health === 'down');
    const none = targets.length === 0 ? 'it scrapes nothing' : `all ${targets.length} targets are reached`;
    return pageOfList(asked, input, { hint: asked.length === 0 ? none : undefined });
  });
}
