import { importSPKI } from 'jose';
import type { ActionsProcessSettings, WorkerProcessSettings } from '#domain/configuration.ts';
import { createAlertmanagerServer } from '#mcp-tools/alertmanager/server.ts';
import { createChangesServer } from '#mcp-tools/changes/server.ts';
import { createKnowledgeServer } from '#mcp-tools/knowledge/server.ts';
import { createKubernetesServer } from '#mcp-tools/kubernetes/server.ts';
import { createKubernetesActionsServer } from '#mcp-tools/kubernetes-actions/server.ts';
import { createLogsServer } from '#mcp-tools/logs/server.ts';
import { createPrometheusServer } from '#mcp-tools/prometheus/server.ts';
import { createToolClient, type ToolClient } from '#mcp-tools/runtime/client.ts';
import { createTopologyServer } from '#mcp-tools/topology/server.ts';
import { burnGrant } from '#store/grants.ts';
import { inTenant, type Store } from '#store/pool.ts';
import { writesStopped } from '#store/switches.ts';

void [
  importSPKI,
  createAlertmanagerServer,
  createChangesServer,
  createKnowledgeServer,
  createKubernetesServer,
  createKubernetesActionsServer,
  createLogsServer,
  createPrometheusServer,
  createToolClient,
  createTopologyServer,
  burnGrant,
  inTenant,
  writesStopped,
];

export type { ActionsProcessSettings, Store, ToolClient, WorkerProcessSettings };
