import { z } from 'zod';
import type { Configuration } from '#domain/configuration.ts';
import { type ApiClient, createApiClient } from '#mcp-tools/kubernetes/api-client.ts';
import type { Words } from '../words/words.ts';
import type { SystemCheck } from './system-check.ts';

type ClusterConfiguration = Configuration['clusters'][number];

type Attributes = {
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
};

/** What diagnosis cannot do without. */
const reads: readonly Attributes[] = [
  { verb: 'list', resource: 'pods' },
  { verb: 'get', resource: 'pods', subresource: 'log' },
  { verb: 'list', resource: 'events' },
  { verb: 'list', group: 'apps', resource: 'deployments' },
  { verb: 'list', group: 'apps', resource: 'replicasets' },
];
/** What the steps of the action catalogue do. */
const steps: readonly Attributes[] = [
  { verb: 'patch', group: 'apps', resource: 'deployments' },
  { verb: 'patch', group: 'apps', resource: 'deployments', subresource: 'scale' },
  { verb: 'patch', resource: 'services' },
  { verb: 'delete', resource: 'pods' },
];
/** Namespaces that are asked about; where there are more, those say enough. */
const mostNamespaces = 30;

const reviewSchema = z.object({ status: z.object({ allowed: z.boolean() }) });
const namespacesSchema = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });

/** Whether the reading account gets in and may look at what a diagnosis needs. That it can write is worth a word. */
export function checkReader(cluster: ClusterConfiguration, { doctor, listComma }: Words): SystemCheck {
  const { name, kubeconfig, context } = cluster;
  return {
    name: `clusters ${name}`,
    mend: doctor.mendCluster(kubeconfig),
    look: async (signal) => {
      const api = createApiClient({ name, kubeconfig, context });
      const denied = await deniedOf(api, reads, signal);
      if (denied.length > 0)
        return { state: 'missing', text: doctor.mayNot(denied.join(listComma)), mend: doctor.mendRights };
      const [patch = { verb: 'patch', resource: 'pods' }] = steps;
      if (await mayDo(api, patch, signal))
        return { state: 'warning', text: doctor.readerWrites, mend: doctor.mendReaderWrites };
      return { state: 'ok', text: doctor.answers(kubeconfig) };
    },
  };
}

/** Whether the actor's account gets in, and where it may take which steps. */
export function checkActor(cluster: ClusterConfiguration, { doctor, listComma }: Words): SystemCheck {
  const { name, kubeconfig, context, actorKubeconfig = '', actorContext } = cluster;
  return {
    name: `clusters ${name}, actor`,
    mend: doctor.mendCluster(actorKubeconfig),
    look: async (signal) => {
      const actor = createApiClient({ name, kubeconfig: actorKubeconfig, context: actorContext });
      const everywhere = await deniedOf(actor, steps, signal);
      if (everywhere.length === 0) return { state: 'ok', text: doctor.actsEverywhere };
      // The actor need not be able to list namespaces; the reader is.
      const namespaces = await namespacesOf(createApiClient({ name, kubeconfig, context }), signal);
      const deniedIn = await Promise.all(
        namespaces.map((namespace) =>
          deniedOf(
            actor,
            steps.map((step) => ({ ...step, namespace })),
            signal,
          ),
        ),
      );
      const whole = namespaces.filter((_, index) => deniedIn[index]?.length === 0);
      if (whole.length > 0) return { state: 'ok', text: doctor.actsIn(whole.join(listComma)) };
      return {
        state: 'missing',
        text: doctor.mayNot(leastOf(deniedIn, everywhere).join(listComma)),
        mend: doctor.mendRights,
      };
    },
  };
}

/** What is missing where least is missing. */
function leastOf(denied: readonly (readonly string[])[], otherwise: readonly string[]): readonly string[] {
  return denied.toSorted((a, b) => a.length - b.length)[0] ?? otherwise;
}

/** Those that the account may not do, as `patch deployments.apps`. */
async function deniedOf(
  api: ApiClient,
  wanted: readonly Attributes[],
  signal: AbortSignal,
): Promise<string[]> {
  const allowed = await Promise.all(wanted.map((attributes) => mayDo(api, attributes, signal)));
  return wanted.filter((_, index) => allowed[index] === false).map(shown);
}

function shown({ verb, group, resource, subresource }: Attributes): string {
  const part = subresource === undefined ? '' : `/${subresource}`;
  return `${verb} ${resource}${group === undefined ? '' : `.${group}`}${part}`;
}

async function mayDo(api: ApiClient, attributes: Attributes, signal: AbortSignal): Promise<boolean> {
  const answer = await api.json({
    ...{ method: 'POST', path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', signal },
    body: {
      ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' },
      spec: { resourceAttributes: attributes },
    },
  });
  return reviewSchema.parse(answer).status.allowed;
}

async function namespacesOf(api: ApiClient, signal: AbortSignal): Promise<string[]> {
  const query = { limit: mostNamespaces };
  const answer = await api.json({ path: '/api/v1/namespaces', query, signal });
  return namespacesSchema.parse(answer).items.map(({ metadata }) => metadata.name);
}
