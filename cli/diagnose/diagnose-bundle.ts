import { type Investigation, investigate } from '#agents/investigate.ts';
import type { Alert } from '#domain/alert.ts';
import { severityOfWord, worseSeverity } from '#domain/severity.ts';
import { fromMs, type Instant, toMs } from '#domain/time.ts';
import { alertOfBundle, type WakeUp } from '#mcp-tools/bundle/bundle-alert.ts';
import type { Bundle } from '#mcp-tools/bundle/open-bundle.ts';
import { toolsOfBundle } from '#mcp-tools/bundle/tools.ts';
import { callDirectly } from '#mcp-tools/runtime/call-directly.ts';

export type DiagnoseOptions = {
  /** In place of the bundle's own alert. */
  readonly alert?: WakeUp | undefined;
  /** Looks at the system as it was so long before the alert, as if one had come shortly before that: nothing later is seen. */
  readonly beforeMs?: number | undefined;
  readonly signal: AbortSignal;
};

/** A bundle is of one cluster, whatever its alerts call it. */
function ofCluster(alert: Alert, cluster: string): Alert {
  return { ...alert, labels: { ...alert.labels, cluster } };
}

/** An alert waits for its rule and for whoever looks. */
const alertAgeMs = 60_000;

type Times = { readonly asOf: Instant; readonly startsAt: Instant };

/** When is "now", and since when is there trouble. */
function timesOf({ info }: Bundle, alerts: readonly Alert[], beforeMs: number | undefined): Times {
  const startsAt = alerts.map((alert) => alert.startsAt).toSorted()[0] ?? info.startsAt ?? info.capturedAt;
  if (beforeMs === undefined) return { asOf: info.capturedAt, startsAt };
  const asOfMs = toMs(startsAt) - beforeMs;
  return { asOf: fromMs(asOfMs), startsAt: fromMs(asOfMs - alertAgeMs) };
}

/**
 * Investigates a bundle as an incident of a live system would be: the same agents and the same tools, and the moment of its
 * capture as the only "now". Throws `bad-input` for an alert that is malformed.
 */
export async function diagnoseBundle(
  bundle: Bundle,
  { alert, beforeMs, signal }: DiagnoseOptions,
): Promise<Investigation> {
  const { cluster, namespaces } = bundle.info;
  const wakeUp = alert ?? (await alertOfBundle(bundle));
  const told = (wakeUp?.alerts ?? []).map((one) => ofCluster(one, cluster));
  const { asOf, startsAt } = timesOf(bundle, told, beforeMs);
  const alerts = beforeMs === undefined ? told : told.map((one) => ({ ...one, startsAt }));
  const { call, tools } = callDirectly(toolsOfBundle(bundle), { asOf, signal });
  return investigate(
    {
      round: 0,
      asOf,
      incident: {
        id: bundle.name,
        source: 'bundle',
        groupKey: wakeUp?.groupKey ?? '{}',
        severity: alerts.map(({ labels }) => severityOfWord(labels.severity)).reduce(worseSeverity, 'sev3'),
        title: alerts[0]?.annotations.summary ?? alerts[0]?.labels.alertname ?? bundle.name,
        openedAt: startsAt,
        deliveryCount: 1,
      },
      alerts,
      services: [],
      clusters: [cluster],
      scope: { namespaces, recorded: true },
      tools,
      evidence: [],
      findings: {},
      tried: [],
    },
    call,
  );
}
