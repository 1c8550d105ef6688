import { type Investigation, investigate } from '#agents/investigate.ts';
import type { Alert } from '#domain/alert.ts';
import { severityOfWord, worseSeverity } from '#domain/severity.ts';
import { alertOfBundle, type WakeUp } from '#mcp-tools/bundle/bundle-alert.ts';
import type { Bundle } from '#mcp-tools/bundle/open-bundle.ts';
import { toolsOfBundle } from '#mcp-tools/bundle/tools.ts';
import { callDirectly } from '#mcp-tools/runtime/call-directly.ts';

export type DiagnoseOptions = {
  /** In place of the bundle's own alert. */
  readonly alert?: WakeUp | undefined;
  readonly signal: AbortSignal;
};

/** A bundle is of one cluster, whatever its alerts call it. */
function ofCluster(alert: Alert, cluster: string): Alert {
  return { ...alert, labels: { ...alert.labels, cluster } };
}

/**
 * Investigates a bundle as an incident of a live system would be: the same agents and the same tools, and the moment of its
 * capture as the only "now". Throws `bad-input` for an alert that is malformed.
 */
export async function diagnoseBundle(
  bundle: Bundle,
  { alert, signal }: DiagnoseOptions,
): Promise<Investigation> {
  const { cluster, namespaces, capturedAt, startsAt } = bundle.info;
  const wakeUp = alert ?? (await alertOfBundle(bundle));
  const alerts = (wakeUp?.alerts ?? []).map((one) => ofCluster(one, cluster));
  const { call, tools } = callDirectly(toolsOfBundle(bundle), { asOf: capturedAt, signal });
  return investigate(
    {
      round: 0,
      asOf: capturedAt,
      incident: {
        id: bundle.name,
        source: 'bundle',
        groupKey: wakeUp?.groupKey ?? '{}',
        severity: alerts.map(({ labels }) => severityOfWord(labels.severity)).reduce(worseSeverity, 'sev3'),
        title: alerts[0]?.annotations.summary ?? alerts[0]?.labels.alertname ?? bundle.name,
        openedAt: startsAt ?? capturedAt,
        deliveryCount: 1,
      },
      alerts,
      services: [],
      clusters: [cluster],
      scope: { namespaces },
      tools,
      evidence: [],
      findings: {},
      tried: [],
    },
    call,
  );
}
