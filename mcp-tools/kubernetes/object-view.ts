import { z } from 'zod';
import { type KubernetesObject, kubernetesObjectSchema } from '#domain/tools/kubernetes-object.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const secretValueMark = '[redacted:secret-value]';

/** Annotations of Secrets that say whose they are; any other may hold a copy of the whole, as deployment tools keep one. */
const harmlessAnnotations = new Set([
  'kubernetes.io/service-account.name',
  'kubernetes.io/service-account.uid',
  'cert-manager.io/certificate-name',
  'cert-manager.io/issuer-kind',
  'cert-manager.io/issuer-name',
  'meta.helm.sh/release-name',
  'meta.helm.sh/release-namespace',
]);

const annotatedSchema = z.record(z.string(), z.string());
const dataSchema = z.record(z.string(), z.unknown());

function withoutBookkeeping(metadata: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { managedFields: _managed, annotations, ...rest } = metadata;
  const parsed = annotatedSchema.safeParse(annotations);
  if (!parsed.success) return rest;
  // A second copy of the whole object, for kubectl; of a Secret it would hold the values.
  const { [lastApplied]: _applied, ...kept } = parsed.data;
  return Object.keys(kept).length === 0 ? rest : { ...rest, annotations: kept };
}

function withoutCopies(metadata: KubernetesObject['metadata']): KubernetesObject['metadata'] {
  if (metadata.annotations === undefined) return metadata;
  const annotations = Object.fromEntries(
    Object.entries(metadata.annotations).map(([name, value]) => [
      name,
      harmlessAnnotations.has(name) ? value : secretValueMark,
    ]),
  );
  return { ...metadata, annotations };
}

function keysOnly(data: unknown): Record<string, string> {
  const parsed = dataSchema.safeParse(data);
  return Object.fromEntries(
    Object.keys(parsed.success ? parsed.data : {}).map((key) => [key, secretValueMark]),
  );
}

/**
 * An object as it may be shown: without the field managers' bookkeeping, and for a Secret with keys in place of values.
 * `apiVersion` and `kind` are those of the resource, because items of a list come without.
 */
export function viewOf(
  raw: unknown,
  type: { readonly apiVersion?: string; readonly kind: string },
): KubernetesObject {
  const object = kubernetesObjectSchema.parse({ ...type, ...z.looseObject({}).parse(raw) });
  const shown: KubernetesObject = { ...object, metadata: { ...object.metadata } };
  const metadata = kubernetesObjectSchema.shape.metadata.parse(withoutBookkeeping(object.metadata));
  if (shown.kind !== 'Secret') return { ...shown, metadata };
  const { data, stringData, ...rest } = shown;
  return {
    ...rest,
    metadata: withoutCopies(metadata),
    ...(data === undefined ? {} : { data: keysOnly(data) }),
    ...(stringData === undefined ? {} : { stringData: keysOnly(stringData) }),
  };
}
