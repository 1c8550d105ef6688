import { z } from 'zod';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { kindReader } from '../analysis/kubernetes/kind-reader.ts';
import { controllerOfSet } from '../analysis/kubernetes/owners.ts';
import { count, listOf, maybe, text } from '../analysis/kubernetes/partial.ts';
import { hasReadyEndpoint } from '../analysis/kubernetes/ready-endpoints.ts';
import { serviceAt } from '../analysis/kubernetes/service-names.ts';
import { isRead, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteEvent, quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

const schema = z.looseObject({
  webhooks: listOf(
    z.looseObject({
      name: text,
      failurePolicy: text,
      clientConfig: maybe(
        z.looseObject({
          url: text,
          service: maybe(z.looseObject({ namespace: text, name: text, port: count })),
        }),
      ),
    }),
  ),
});
const group = 'admissionregistration.k8s.io';
const validating = kindReader('ValidatingWebhookConfiguration', group, schema);
const mutating = kindReader('MutatingWebhookConfiguration', group, schema);
type Configuration = ReturnType<typeof validating>[number];
type Webhook = Configuration['webhooks'][number];

const freshSeconds = 3600;

/** What the API server says when it could not ask the webhook, and who was refused for it. */
function refusals(snapshot: Snapshot, name: string | undefined) {
  return snapshot.events.filter(
    ({ message, lastAt }) =>
      (lastAt === undefined || secondsBetween(lastAt, snapshot.asOf) < freshSeconds) &&
      /failed calling webhook/i.test(message) &&
      name !== undefined &&
      message.includes(`"${name}"`),
  );
}

function whyUnreachable(snapshot: Snapshot, webhook: Webhook): string | undefined {
  const { name, namespace, port = 443 } = webhook.clientConfig?.service ?? {};
  if (name === undefined || namespace === undefined || !isRead(snapshot, 'services', namespace))
    return undefined;
  const service = serviceAt(snapshot, namespace, name);
  if (service === undefined) return `Service ${namespace}/${name} is not there`;
  const ports = (service.spec?.ports ?? []).flatMap((one) => one.port ?? []);
  if (ports.length > 0 && !ports.includes(port)) return `${formatObject(service.ref)} has no port ${port}`;
  const known =
    snapshot.endpoints.some(({ ref, service: of }) => ref.namespace === namespace && of === name) ||
    snapshot.pods.some(({ ref }) => ref.namespace === namespace);
  return known && Object.keys(service.spec?.selector ?? {}).length > 0 && !hasReadyEndpoint(snapshot, service)
    ? `nobody is ready behind ${formatObject(service.ref)}`
    : undefined;
}

function findingOf(snapshot: Snapshot, configuration: Configuration, webhook: Webhook): Finding[] {
  const told = refusals(snapshot, webhook.name);
  const [event] = told;
  const why = whyUnreachable(snapshot, webhook);
  if (why === undefined && event === undefined) return [];
  const strict = (webhook.failurePolicy ?? 'Fail') === 'Fail';
  const { name, namespace } = webhook.clientConfig?.service ?? {};
  const { cluster } = snapshot;
  const behind: ObjectRef[] =
    name === undefined || namespace === undefined ? [] : [{ cluster, kind: 'Service', namespace, name }];
  const refused = told.flatMap(({ kind, name: of, namespace: place }) =>
    kind === 'ReplicaSet' ? controllerOfSet(snapshot, place, of) : [],
  );
  return [
    {
      object: configuration.ref,
      code: 'admission.webhook-unavailable',
      severity: strict ? 'error' : 'warning',
      message: `${formatObject(configuration.ref)}: webhook ${webhook.name ?? '?'} cannot be asked${why === undefined ? '' : `, since ${why}`}${strict ? '; what it should judge is refused' : '; what it should judge passes unjudged'}`,
      evidence: [
        ...quoteEvent(event, 0.7),
        ...quoteField(configuration, '.webhooks[].clientConfig.service.name', name, 0.5),
        ...quoteField(configuration, '.webhooks[].name', webhook.name, 0.4),
      ],
      certainty: event === undefined ? 0.85 : 0.93,
      consequence: false,
      through: [...refused, ...behind],
    },
  ];
}

/** Webhooks of admission that cannot be asked: with the policy Fail nothing that they judge can be made. */
export const webhook = defineAnalyzer({
  name: 'webhook',
  kind: 'ValidatingWebhookConfiguration',
  analyze: (snapshot) =>
    [...validating(snapshot), ...mutating(snapshot)].flatMap((configuration) =>
      configuration.webhooks.flatMap((one) => findingOf(snapshot, configuration, one)),
    ),
});
