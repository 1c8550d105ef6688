import { type Investigation, investigate } from '#agents/investigate.ts';
import { severityOfWord, worseSeverity } from '#domain/severity.ts';
import { fromMs } from '#domain/time.ts';
import type { WakeUp } from '#mcp-tools/bundle/bundle-alert.ts';
import { callDirectly } from '#mcp-tools/runtime/call-directly.ts';
import { type LiveSystem, liveTools } from './live-tools.ts';

export type LiveQuestion = {
  readonly namespace?: string | undefined;
  readonly service?: string | undefined;
  readonly alert?: WakeUp | undefined;
  /** To be kept: all is asked then that a bundle can hold, which costs the live system more. */
  readonly toKeep?: boolean;
};

/**
 * Investigates a live system now, as an incident would be: about an alert, a service, or all of a namespace. Reads only; no
 * instance needs to run.
 */
export async function diagnoseLive(
  system: LiveSystem,
  { namespace, service, alert, toKeep = false }: LiveQuestion,
  options: { readonly now: () => number; readonly signal: AbortSignal },
): Promise<Investigation> {
  const asOf = fromMs(options.now());
  const alerts = alert?.alerts ?? [];
  const { call, tools } = callDirectly(liveTools(system), { asOf, signal: options.signal });
  const named = alerts.length > 0 || service !== undefined;
  return investigate(
    {
      round: 0,
      asOf,
      incident: {
        id: 'live',
        source: 'api',
        groupKey: alert?.groupKey ?? '{}',
        severity: alerts.map(({ labels }) => severityOfWord(labels.severity)).reduce(worseSeverity, 'sev3'),
        title: alerts[0]?.annotations.summary ?? service ?? namespace ?? system.access.name,
        openedAt: asOf,
        deliveryCount: 1,
        ...(service === undefined ? {} : { service }),
      },
      alerts,
      services: [],
      clusters: [system.access.name],
      // Of what is named its surroundings are looked at; else all of the namespace is.
      ...(namespace === undefined || named ? {} : { scope: { namespaces: [namespace], recorded: toKeep } }),
      tools,
      evidence: [],
      findings:
        named && namespace !== undefined && alerts.length === 0
          ? {
              triage: {
                severity: 'sev3',
                title: service ?? namespace,
                cluster: system.access.name,
                environment: 'production',
                namespace,
                ...(service === undefined ? {} : { service }),
                isTest: false,
                why: 'asked for by hand',
              },
            }
          : {},
      tried: [],
    },
    call,
  );
}
