import { z } from 'zod';
import { instantSchema } from '../time.ts';
import { defineTool, pageInput, pageOf } from './define-tool.ts';
import { kubernetesObjectSchema } from './kubernetes-object.ts';

const clusterInput = { cluster: z.string().min(1) };

export const kubernetesListObjects = defineTool({
  server: 'kubernetes',
  name: 'kubernetes_list_objects',
  title: 'List objects',
  description:
    'Objects of the given plural kinds (pods, deployments, services, endpointslices, …), with status. Kinds that may not be read come back as gaps. Secrets show keys, never values.',
  input: z.object({
    ...clusterInput,
    kinds: z.array(z.string().min(1)).min(1).max(40),
    namespace: z.string().optional().describe('absent: all namespaces'),
    labelSelector: z.string().optional(),
    ...pageInput,
  }),
  output: pageOf(kubernetesObjectSchema),
  effect: 'read',
});

export const kubernetesGetObject = defineTool({
  server: 'kubernetes',
  name: 'kubernetes_get_object',
  title: 'Get one object',
  description: 'One object by plural kind and name; `object` is absent where there is none.',
  input: z.object({
    ...clusterInput,
    kind: z.string().min(1),
    namespace: z.string().optional(),
    name: z.string().min(1),
  }),
  output: z.object({ object: kubernetesObjectSchema.optional(), hint: z.string().optional() }),
  effect: 'read',
});

export const kubernetesEventSchema = z.object({
  namespace: z.string().optional(),
  /** The object that the event tells of. */
  kind: z.string(),
  name: z.string(),
  type: z.string(),
  reason: z.string(),
  message: z.string(),
  count: z.int().min(1),
  firstAt: instantSchema.optional(),
  lastAt: instantSchema.optional(),
  source: z.string().optional(),
});
export type KubernetesEvent = z.infer<typeof kubernetesEventSchema>;

export const kubernetesListEvents = defineTool({
  server: 'kubernetes',
  name: 'kubernetes_list_events',
  title: 'List events',
  description:
    'Events of a namespace (or of all), newest first: what the scheduler, kubelets and controllers said.',
  input: z.object({
    ...clusterInput,
    namespace: z.string().optional(),
    since: instantSchema.optional(),
    ...pageInput,
  }),
  output: pageOf(kubernetesEventSchema),
  effect: 'read',
});

/** One revision of a workload: what a rollout made and what can be gone back to. */
export const revisionSchema = z.object({
  workload: z.object({ kind: z.string(), namespace: z.string(), name: z.string() }),
  revision: z.int(),
  createdAt: instantSchema.optional(),
  changeCause: z.string().optional(),
  /** The pod template as it was in this revision. */
  template: z.record(z.string(), z.unknown()),
  replicas: z.int().optional(),
  ready: z.int().optional(),
  current: z.boolean(),
});
export type Revision = z.infer<typeof revisionSchema>;

export const kubernetesListRevisions = defineTool({
  server: 'kubernetes',
  name: 'kubernetes_list_revisions',
  title: 'List revisions of workloads',
  description:
    'Revisions of Deployments, StatefulSets and DaemonSets in a namespace, newest first, with pod templates.',
  input: z.object({ ...clusterInput, namespace: z.string(), name: z.string().optional(), ...pageInput }),
  output: pageOf(revisionSchema),
  effect: 'read',
});
