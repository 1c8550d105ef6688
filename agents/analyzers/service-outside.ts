import { z } from 'zod';
import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import type { Service } from '../analysis/kubernetes/networking.ts';
import { listOf, maybe } from '../analysis/kubernetes/partial.ts';
import { clusterName, serviceAt } from '../analysis/kubernetes/service-names.ts';
import { eventsOf, isRead, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteEvent, quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

const statusSchema = z.looseObject({
  status: maybe(
    z.looseObject({ loadBalancer: maybe(z.looseObject({ ingress: listOf(z.looseObject({})) })) }),
  ),
});
const patienceSeconds = 600;

/** A load balancer that nobody gives. Without a word of why it may be that no provider is there to give one. */
function loadBalancer(snapshot: Snapshot, service: Service): Finding[] {
  const { status } = statusSchema.parse(service.raw);
  const waits = service.spec?.type === 'LoadBalancer' && status !== undefined;
  if (!waits || (status.loadBalancer?.ingress ?? []).length > 0) return [];
  const event = eventsOf(snapshot, service.ref).find(
    ({ type, reason }) => type === 'Warning' && /LoadBalancer|Provision/i.test(reason),
  );
  const { createdAt } = service;
  const young = createdAt === undefined || secondsBetween(createdAt, snapshot.asOf) < patienceSeconds;
  if (event === undefined && young) return [];
  return [
    {
      object: service.ref,
      code: 'cloud.load-balancer-unhealthy',
      severity: event === undefined ? 'info' : 'error',
      message: `${formatObject(service.ref)} gets no load balancer${event === undefined ? '' : `: ${event.message.slice(0, 200)}`}`,
      evidence: [...quoteEvent(event, 0.7), ...quoteField(service, '.spec.type', 'LoadBalancer', 0.3)],
      certainty: event === undefined ? 0.5 : 0.85,
      consequence: false,
      ...(event?.firstAt === undefined ? {} : { since: event.firstAt }),
    },
  ];
}

/** An alias for a Service of this cluster that is not there, or for an address, which is no name. */
function externalName(snapshot: Snapshot, service: Service): Finding[] {
  const { type, externalName: name } = service.spec ?? {};
  if (type !== 'ExternalName' || name === undefined) return [];
  const base = {
    object: service.ref,
    code: 'service.wrong-address' as const,
    evidence: quoteField(service, '.spec.externalName', name, 0.7),
    consequence: false,
  };
  if (name === '' || /^\d+(\.\d+){3}$/.test(name)) {
    const message = `${formatObject(service.ref)} is an alias for "${name}", which is no name that can be looked up`;
    return [{ ...base, severity: 'error', message, certainty: 0.9 }];
  }
  const meant = name.includes('.') ? clusterName(snapshot, service.ref.namespace, name) : undefined;
  if (meant === undefined || !isRead(snapshot, 'services', meant.namespace)) return [];
  if (serviceAt(snapshot, meant.namespace, meant.name) !== undefined) return [];
  const message = `${formatObject(service.ref)} is an alias for ${name}, and there is no such Service`;
  return [{ ...base, severity: 'error', message, certainty: 0.88 }];
}

/** Services that lead out of the cluster, or into it from outside. */
export const serviceOutside = defineAnalyzer({
  name: 'service-outside',
  kind: 'Service',
  analyze: (snapshot) =>
    snapshot.services
      .filter(({ terminating }) => !terminating)
      .flatMap((service) => [...loadBalancer(snapshot, service), ...externalName(snapshot, service)]),
});
