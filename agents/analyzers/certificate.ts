import { z } from 'zod';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { secondsBetween, toMs } from '#domain/time.ts';
import { kindReader } from '../analysis/kubernetes/kind-reader.ts';
import {
  type Condition,
  conditionsSchema,
  maybe,
  type Seen,
  text,
  timeOf,
} from '../analysis/kubernetes/partial.ts';
import { perSnapshot } from '../analysis/kubernetes/per-snapshot.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

/** Certificates that cert-manager fetches, and whoever issues them. */

const group = 'cert-manager.io';
const withConditions = z.looseObject({ status: maybe(z.looseObject({ conditions: conditionsSchema })) });
const certificates = kindReader(
  'Certificate',
  group,
  z.looseObject({
    spec: maybe(
      z.looseObject({ secretName: text, issuerRef: maybe(z.looseObject({ name: text, kind: text })) }),
    ),
    status: maybe(z.looseObject({ conditions: conditionsSchema, notAfter: text })),
  }),
);
type Certificate = ReturnType<typeof certificates>[number];
const namespacedIssuers = kindReader('Issuer', group, withConditions);
const clusterIssuers = kindReader('ClusterIssuer', group, withConditions);
const challenges = kindReader(
  'Challenge',
  'acme.cert-manager.io',
  z.looseObject({ status: maybe(z.looseObject({ state: text, reason: text })) }),
);

/** Issuing takes minutes where names must be proven. */
const patienceSeconds = 1800;

function lasts(snapshot: Snapshot, seen: Seen, { lastTransitionTime }: Condition): boolean {
  const since = timeOf(lastTransitionTime) ?? seen.createdAt;
  return since === undefined || secondsBetween(since, snapshot.asOf) > patienceSeconds;
}

function conditionOf(conditions: readonly Condition[], type: string, status: string): Condition | undefined {
  return conditions.find((one) => one.type === type && one.status === status);
}

const brokenIssuers = perSnapshot((snapshot) =>
  [...namespacedIssuers(snapshot), ...clusterIssuers(snapshot)].flatMap((issuer) => {
    const bad = conditionOf(issuer.status?.conditions ?? [], 'Ready', 'False');
    return bad === undefined || !lasts(snapshot, issuer, bad) ? [] : [{ issuer, bad }];
  }),
);

function issuerFindings(snapshot: Snapshot): Finding[] {
  return brokenIssuers(snapshot).map(({ issuer, bad }) => ({
    object: issuer.ref,
    code: 'routing.other',
    severity: 'error',
    message: `${formatObject(issuer.ref)} cannot issue certificates (${bad.reason ?? '?'}): ${bad.message ?? ''}`,
    evidence: [
      ...quoteField(issuer, '.status.conditions[Ready].message', bad.message, 0.6),
      ...quoteField(issuer, '.status.conditions[Ready].reason', bad.reason, 0.4),
    ],
    certainty: 0.85,
    consequence: false,
  }));
}

/** The issuer that it names, if that one cannot issue. */
function brokenIssuerOf(snapshot: Snapshot, { ref, spec }: Certificate): ObjectRef | undefined {
  const { name, kind = 'Issuer' } = spec?.issuerRef ?? {};
  return brokenIssuers(snapshot).find(
    ({ issuer }) =>
      issuer.ref.name === name &&
      issuer.ref.kind === kind &&
      (kind === 'ClusterIssuer' || issuer.ref.namespace === ref.namespace),
  )?.issuer.ref;
}

function hasExpired(snapshot: Snapshot, { status }: Certificate): boolean {
  const until = timeOf(status?.notAfter);
  return until !== undefined && toMs(until) <= toMs(snapshot.asOf);
}

function findingsOf(snapshot: Snapshot, certificate: Certificate): Finding[] {
  const conditions = certificate.status?.conditions ?? [];
  const expired = hasExpired(snapshot, certificate);
  const unready = conditionOf(conditions, 'Ready', 'False');
  const failed = conditionOf(conditions, 'Issuing', 'False');
  const told = unready ?? (failed?.reason === 'Failed' ? failed : undefined);
  if (!expired && (told === undefined || !lasts(snapshot, certificate, told))) return [];
  const issuer = brokenIssuerOf(snapshot, certificate);
  const held = challenges(snapshot).find(
    ({ ref, status }) =>
      ref.namespace === certificate.ref.namespace &&
      ref.name.startsWith(`${certificate.ref.name}-`) &&
      /pending|invalid|errored/.test(status?.state ?? '') &&
      (status?.reason ?? '') !== '',
  );
  // What it holds still is good until it expires.
  const works = !expired && unready === undefined;
  const name = formatObject(certificate.ref);
  const why = held?.status?.reason ?? told?.message ?? told?.reason ?? '';
  const since =
    timeOf(told?.lastTransitionTime) ?? (expired ? timeOf(certificate.status?.notAfter) : undefined);
  return [
    {
      object: certificate.ref,
      code: expired ? 'config.certificate-expired' : 'routing.other',
      severity: works ? 'warning' : 'error',
      message: expired
        ? `${name} has expired at ${certificate.status?.notAfter}${why === '' ? '' : `: ${why}`}`
        : works
          ? `${name} cannot be renewed: ${why}`
          : `${name} is not issued: ${why}`,
      evidence: [
        ...quoteField(certificate, `.status.conditions[${told?.type ?? ''}].message`, told?.message, 0.6),
        ...quoteField(
          certificate,
          '.status.notAfter',
          expired ? certificate.status?.notAfter : undefined,
          0.6,
        ),
        ...(held === undefined ? [] : quoteField(held, '.status.reason', held.status?.reason, 0.6)),
        ...quoteField(certificate, `.status.conditions[${told?.type ?? ''}].reason`, told?.reason, 0.4),
      ],
      certainty: 0.85,
      consequence: issuer !== undefined,
      ...(since === undefined ? {} : { since }),
      through: [
        ...(issuer === undefined ? [] : [issuer]),
        { ...certificate.ref, kind: 'Secret', name: certificate.spec?.secretName ?? certificate.ref.name },
      ],
    },
  ];
}

/** Certificates that have run out, are not issued or cannot be renewed, and issuers that cannot issue. */
export const certificate = defineAnalyzer({
  name: 'certificate',
  kind: 'Certificate',
  analyze: (snapshot) => [
    ...issuerFindings(snapshot),
    ...certificates(snapshot)
      .filter(({ terminating }) => !terminating)
      .flatMap((one) => findingsOf(snapshot, one)),
  ],
});
