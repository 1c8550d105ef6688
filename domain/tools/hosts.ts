import { z } from 'zod';
import { defineTool, pageInput, pageOf } from './define-tool.ts';

export const hostUnitSchema = z.object({
  node: z.string(),
  unit: z.string(),
  active: z.string(),
  sub: z.string().optional(),
  log: z.string().optional(),
});
export type HostUnit = z.infer<typeof hostUnitSchema>;

export const hostUnits = defineTool({
  server: 'hosts',
  name: 'host_units',
  title: 'System services of hosts',
  description:
    'Units of a host (kubelet, container runtime, …) with their state and the tail of their journal.',
  input: z.object({ cluster: z.string().optional(), node: z.string().optional(), ...pageInput }),
  output: pageOf(hostUnitSchema),
  effect: 'read',
});
