import { alertmanagerListAlerts, alertmanagerListSilences } from '#domain/tools/alertmanager.ts';
import { changesList } from '#domain/tools/changes.ts';
import { cloudEvents, cloudInsights, cloudResources } from '#domain/tools/cloud.ts';
import { coverageList, manifestsList, notesList } from '#domain/tools/context.ts';
import type { ToolContract } from '#domain/tools/define-tool.ts';
import { hostUnits } from '#domain/tools/hosts.ts';
import { knowledgeSearchRunbooks, knowledgeSimilarCases } from '#domain/tools/knowledge.ts';
import {
  kubernetesGetObject,
  kubernetesListEvents,
  kubernetesListObjects,
  kubernetesListRevisions,
} from '#domain/tools/kubernetes.ts';
import {
  kubernetesExecuteAction,
  kubernetesObserveAction,
  kubernetesPrepareAction,
} from '#domain/tools/kubernetes-actions.ts';
import { logsPatterns, logsQuery, logsWindow } from '#domain/tools/logs.ts';
import { probeResults } from '#domain/tools/probes.ts';
import {
  metricsLevels,
  metricsListSeries,
  metricsQuery,
  metricsTargets,
  metricsWindow,
  monitorsList,
} from '#domain/tools/prometheus.ts';
import { topologyEdges } from '#domain/tools/topology.ts';
import { tracesWindow } from '#domain/tools/traces.ts';

/** Every tool contract that there is, by server. A tool's name is its own over all servers. */
export const toolContracts: readonly ToolContract[] = [
  alertmanagerListAlerts,
  alertmanagerListSilences,
  changesList,
  cloudEvents,
  cloudInsights,
  cloudResources,
  coverageList,
  manifestsList,
  notesList,
  hostUnits,
  knowledgeSearchRunbooks,
  knowledgeSimilarCases,
  kubernetesGetObject,
  kubernetesListEvents,
  kubernetesListObjects,
  kubernetesListRevisions,
  kubernetesExecuteAction,
  kubernetesObserveAction,
  kubernetesPrepareAction,
  logsPatterns,
  logsQuery,
  logsWindow,
  metricsLevels,
  metricsListSeries,
  metricsQuery,
  metricsTargets,
  metricsWindow,
  monitorsList,
  probeResults,
  topologyEdges,
  tracesWindow,
];

/** The contract of a server's tool, or undefined where there is none. */
export function contractOf(server: string, tool: string): ToolContract | undefined {
  return toolContracts.find((contract) => contract.server === server && contract.name === tool);
}

export function contractsOfServer(server: string): readonly ToolContract[] {
  return toolContracts.filter((contract) => contract.server === server);
}
