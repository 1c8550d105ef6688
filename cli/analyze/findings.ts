import { snapshotOf } from '#agents/analysis/kubernetes/snapshot.ts';
import type { Finding } from '#agents/analyzers/define-analyzer.ts';
import { examine } from '#agents/analyzers/housekeeping/registry.ts';
import { mergeFindings } from '#agents/analyzers/merge-findings.ts';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { redactText } from '#mcp-tools/runtime/redaction.ts';
import type { ClusterEvidence } from './evidence.ts';

export const severities = ['error', 'warning', 'info'] as const;
export type Severity = (typeof severities)[number];

/** A finding as it is printed. */
export type PrintedFinding = {
  readonly object: { readonly kind: string; readonly namespace?: string | undefined; readonly name: string };
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** True where a deeper finding of the list explains it. */
  readonly consequence: boolean;
  readonly since?: string;
  readonly evidence: readonly { readonly ref: string; readonly quote: string }[];
  /** What would mend it, where it is known. */
  readonly fix: readonly {
    readonly action: string;
    readonly object: ObjectRef;
    readonly arguments: Readonly<Record<string, unknown>>;
    readonly why: string;
  }[];
};

function printed(finding: Finding): PrintedFinding {
  const { object, code, severity, message, consequence, since, evidence, fixHint } = finding;
  const { cluster: _cluster, ...place } = object;
  return {
    object: place,
    code,
    severity,
    message: redactText(message),
    consequence,
    ...(since === undefined ? {} : { since }),
    evidence: evidence.map(({ ref, quote }) => ({ ref, quote: redactText(quote) })),
    fix: (fixHint?.steps ?? []).map(({ action, object: target, arguments: args, why }) => ({
      action,
      object: target,
      arguments: args,
      why: redactText(why),
    })),
  };
}

function byGravity(a: PrintedFinding, b: PrintedFinding): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    Number(a.consequence) - Number(b.consequence) ||
    (formatObject(a.object) < formatObject(b.object) ? -1 : 1)
  );
}

/** What all analyzers find, the gravest first, down to a severity; of one namespace, where one is given. */
export function findingsIn(
  seen: ClusterEvidence,
  options: { readonly least: Severity; readonly namespace?: string | undefined },
): PrintedFinding[] {
  const { cluster } = seen;
  const wanted = severities.slice(0, severities.indexOf(options.least) + 1);
  return mergeFindings(examine(snapshotOf(seen, cluster)))
    .filter(({ severity }) => wanted.includes(severity))
    .filter(
      ({ object, through }) =>
        options.namespace === undefined ||
        [object, ...(through ?? [])].some(({ namespace }) => namespace === options.namespace),
    )
    .map(printed)
    .toSorted(byGravity);
}
