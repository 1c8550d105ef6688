import type { Alert } from '#domain/alert.ts';
import type { Evidence } from '#domain/evidence.ts';
import type { Instant } from '#domain/time.ts';
import { alertmanagerListAlerts } from '#domain/tools/alertmanager.ts';
import { changesList } from '#domain/tools/changes.ts';
import { cloudEvents, cloudInsights, cloudResources } from '#domain/tools/cloud.ts';
import { coverageList } from '#domain/tools/context.ts';
import { hostUnits } from '#domain/tools/hosts.ts';
import { probeResults } from '#domain/tools/probes.ts';
import { monitorsList } from '#domain/tools/prometheus.ts';
import { topologyEdges } from '#domain/tools/topology.ts';
import { tracesWindow } from '#domain/tools/traces.ts';
import { bundleFormat } from '../open-bundle.ts';
import { answersTo, asFileName, type Files, jsonFile, lastOfEach } from './answers.ts';
import { kubernetesFiles } from './kubernetes-files.ts';
import { logFiles } from './log-files.ts';
import { metricFiles } from './metric-files.ts';

export type BundleHead = {
  readonly cluster: string;
  readonly namespaces: readonly string[];
  readonly capturedAt: Instant;
  readonly startsAt?: Instant | undefined;
  readonly groupKey?: string | undefined;
  readonly alerts: readonly Alert[];
};

type Made = [string, string][];

const noEnd = '0001-01-01T00:00:00Z';

/** The alerts as Alertmanager would have sent them. */
function alertFile({ alerts, groupKey }: BundleHead): Made {
  if (alerts.length === 0) return [];
  const firing = alerts.some(({ status }) => status === 'firing');
  return [
    jsonFile('alert.json', {
      version: '4',
      groupKey: groupKey ?? '{}',
      truncatedAlerts: 0,
      status: firing ? 'firing' : 'resolved',
      receiver: 'understudy',
      ...{ groupLabels: {}, commonLabels: {}, commonAnnotations: {}, externalURL: '' },
      alerts: alerts.map(({ status, labels, annotations, startsAt, endsAt, generatorUrl, fingerprint }) => ({
        ...{ status, labels, annotations, startsAt },
        endsAt: endsAt ?? noEnd,
        generatorURL: generatorUrl ?? '',
        fingerprint,
      })),
    }),
  ];
}

function otherAlerts(evidence: readonly Evidence[]): Made {
  const answers = answersTo(evidence, alertmanagerListAlerts);
  const alerts = lastOfEach(
    answers.flatMap(({ output }) => output.items),
    ({ fingerprint }) => fingerprint,
  );
  const recorded = alerts.map((alert) => ({
    fingerprint: alert.fingerprint,
    ...{ labels: alert.labels, annotations: alert.annotations, startsAt: alert.startsAt },
    generatorURL: alert.generatorUrl ?? '',
    status: { state: alert.state, silencedBy: alert.silencedBy, inhibitedBy: alert.inhibitedBy },
  }));
  return answers.length === 0 ? [] : [jsonFile('alerts.json', recorded)];
}

function cloudFiles(evidence: readonly Evidence[]): Made {
  const parts = {
    resources: answersTo(evidence, cloudResources).flatMap(({ output }) => output.items),
    events: answersTo(evidence, cloudEvents).flatMap(({ output }) => output.items),
    insights: answersTo(evidence, cloudInsights).flatMap(({ output }) => output.items),
  };
  const providers = new Set(Object.values(parts).flatMap((items) => items.map(({ provider }) => provider)));
  return [...providers].map((provider) => {
    const own = Object.entries(parts).map(([part, items]) => [
      part,
      items.filter((item) => item.provider === provider).map(({ provider: _provider, ...rest }) => rest),
    ]);
    return jsonFile(`cloud/${asFileName(provider)}.json`, Object.fromEntries(own));
  });
}

function hostFiles(evidence: readonly Evidence[]): Made {
  const units = answersTo(evidence, hostUnits).flatMap(({ output }) => output.items);
  return [...Map.groupBy(units, ({ node }) => node)].map(([node, own]) =>
    jsonFile(
      `hosts/${asFileName(node)}/units.json`,
      own.map(({ node: _node, ...unit }) => unit),
    ),
  );
}

function contextFiles(evidence: readonly Evidence[]): Made {
  const listed = <Item>(path: string, answers: readonly { output: { items: readonly Item[] } }[]): Made =>
    answers.length === 0
      ? []
      : [
          jsonFile(
            path,
            lastOfEach(
              answers.flatMap(({ output }) => output.items),
              (item) => JSON.stringify(item),
            ),
          ),
        ];
  const edges = answersTo(evidence, topologyEdges);
  const spans = answersTo(evidence, tracesWindow).flatMap(({ output }) => output.items);
  return [
    ...listed('changes.json', answersTo(evidence, changesList)),
    ...listed('monitors.json', answersTo(evidence, monitorsList)),
    ...listed('probes.json', answersTo(evidence, probeResults)),
    ...listed('coverage.json', answersTo(evidence, coverageList)),
    ...(edges.length === 0
      ? []
      : [
          jsonFile('topology.json', {
            edges: lastOfEach(
              edges.flatMap(({ output }) => output.items).map(({ from, to }) => ({ from, to })),
              ({ from, to }) => `${from}\n${to}`,
            ),
          }),
        ]),
    ...(spans.length === 0
      ? []
      : ([
          ['traces/spans.ndjson', `${spans.map((span) => JSON.stringify(span)).join('\n')}\n`],
        ] satisfies Made)),
  ];
}

/** What could not be looked at, each once, with the tool that was asked. */
function gapsOf(evidence: readonly Evidence[]): string[] {
  const gaps = evidence.flatMap(({ call, error, gaps: own }) =>
    [...own, ...(error === undefined ? [] : [error.message])].map((gap) => `${call.tool}: ${gap}`),
  );
  return [...new Set(gaps)];
}

/**
 * A bundle made of evidence: what tools answered, put where the format has it. Read again it answers the same questions, so
 * that a replay diagnoses what was diagnosed. Values of Secrets are not in evidence, and so not here.
 */
export function filesOfEvidence(head: BundleHead, evidence: readonly Evidence[]): Files {
  const { cluster, namespaces, capturedAt, startsAt } = head;
  return new Map([
    jsonFile('bundle.json', {
      format: bundleFormat,
      ...{ cluster, namespaces, capturedAt },
      ...(startsAt === undefined ? {} : { startsAt }),
      gaps: gapsOf(evidence),
    }),
    ...alertFile(head),
    ...otherAlerts(evidence),
    ...kubernetesFiles(evidence),
    ...metricFiles(evidence),
    ...logFiles(evidence),
    ...contextFiles(evidence),
    ...cloudFiles(evidence),
    ...hostFiles(evidence),
  ]);
}
