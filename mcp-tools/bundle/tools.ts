import { alertmanagerOfBundle } from '../alertmanager/bundle.ts';
import { changesOfBundle } from '../changes/bundle.ts';
import { cloudOfBundle } from '../cloud/bundle.ts';
import { contextOfBundle } from '../context/bundle.ts';
import { hostsOfBundle } from '../hosts/bundle.ts';
import { knowledgeOfBundle } from '../knowledge/bundle.ts';
import { kubernetesOfBundle } from '../kubernetes/bundle.ts';
import { logsOfBundle } from '../logs/bundle.ts';
import { probesOfBundle } from '../probes/bundle.ts';
import { prometheusOfBundle } from '../prometheus/bundle.ts';
import type { ToolImplementation } from '../runtime/implement.ts';
import { defineToolServer, type ToolServer } from '../runtime/server.ts';
import { topologyOfBundle } from '../topology/bundle.ts';
import { tracesOfBundle } from '../traces/bundle.ts';
import type { Bundle } from './open-bundle.ts';

/** The bundle back end of every server: `mcp-tools/<server>/bundle.ts`. */
const backEnds: Readonly<Record<string, (bundle: Bundle) => ToolImplementation[]>> = {
  alertmanager: alertmanagerOfBundle,
  changes: changesOfBundle,
  cloud: cloudOfBundle,
  context: contextOfBundle,
  hosts: hostsOfBundle,
  knowledge: knowledgeOfBundle,
  kubernetes: kubernetesOfBundle,
  logs: logsOfBundle,
  probes: probesOfBundle,
  prometheus: prometheusOfBundle,
  topology: topologyOfBundle,
  traces: tracesOfBundle,
};

/** Every tool that reads, answered from a bundle: for callers in this process. */
export function toolsOfBundle(bundle: Bundle): ToolImplementation[] {
  return Object.values(backEnds).flatMap((make) => make(bundle));
}

/** The same tools as servers, to be reached like any other. */
export function serversOfBundle(bundle: Bundle): ToolServer[] {
  return Object.entries(backEnds).map(([name, make]) =>
    defineToolServer({ name, version: '1', tools: make(bundle) }),
  );
}
