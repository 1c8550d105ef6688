import { formatObject, objectKey } from '#domain/object-ref.ts';
import type { Finding } from './define-analyzer.ts';

/**
 * Which faults bring which others about, where the one's object is on the way of the other: a dead node its pods' troubles, a
 * full quota the claim that could not be made, a missing secret the crash. What is brought about is told only where its root
 * is not.
 */
const bringsAbout: readonly (readonly [root: RegExp, consequence: RegExp])[] = [
  [
    /^node\.(not-ready|kubelet-down|runtime-down|network-unavailable|lost|.*-pressure)$/,
    /^(container\.(other|crash-exit)|network\.|probe\.|storage\.volume-|workload\.|service\.no-ready)/,
  ],
  [/^node\.(kubelet-down|runtime-down|lost)$/, /^node\.not-ready$/],
  [/^control-plane\.|^scheduling\.scheduler-down$/, /^(scheduling|workload)\./],
  [
    /^cloud\.(permission-denied|quota-exceeded)$/,
    /^(scheduling\.|storage\.claim-unbound$|workload\.|service\.no-ready)/,
  ],
  [/^admission\.quota-services$/, /^(service\.missing|config\.address-wrong)$/],
  [/^admission\.quota-storage$/, /^(storage\.claim-|workload\.|service\.no-ready)/],
  [/^admission\.quota-/, /^(workload\.|service\.no-ready)/],
  [
    /^storage\.(claim-|volume-lost|volume-already)/,
    /^(scheduling\.|storage\.claim-unbound$|workload\.|service\.no-ready)/,
  ],
  // Who is not let and ends for it, says so before.
  [
    /^admission\.forbidden$/,
    /^(container\.(crash-exit|init-failed)$|application\.|workload\.|probe\.|service\.no-ready)/,
  ],
  // Who is led astray and ends for it, or fails his probe.
  [
    /^config\.(address|port)-wrong$/,
    /^(container\.(crash-exit|init-failed)|probe\.other|workload\..*|service\.no-ready.*)$/,
  ],
  [/^control-plane\.other$/, /^workload\.autoscaler-/],
  [
    /^config\.(secret|configmap)-/,
    /^(container\.(crash-exit|init-failed|other)|storage\.volume-mount-failed|workload\.|probe\.)/,
  ],
  [
    /^service\.(missing|selector-mismatch|target-port|port-mismatch)/,
    /^(config\.(address|port)-wrong|routing\.)/,
  ],
];

/** Places that a finding touches: its object and what lies between it and whoever suffers. */
function placesOf({ object, through }: Finding): string[] {
  return [object, ...(through ?? [])].map(objectKey);
}

function explains(root: Finding, other: Finding): boolean {
  return (
    root !== other &&
    !root.consequence &&
    root.severity === 'error' &&
    bringsAbout.some(([cause, effect]) => cause.test(root.code) && effect.test(other.code)) &&
    // Whoever waits for a claim is explained by it, and not the other way round.
    !(root.code.startsWith('storage.') && other.object.kind === 'PersistentVolumeClaim')
  );
}

/** Findings with those marked as consequences that a deeper one explains. */
export function rootsFirst(findings: readonly Finding[]): Finding[] {
  const roots = findings.filter(
    ({ code, consequence, severity }) =>
      !consequence && severity === 'error' && bringsAbout.some(([cause]) => cause.test(code)),
  );
  const rootsAt = new Map<string, Finding[]>();
  for (const root of roots) {
    for (const place of placesOf(root)) rootsAt.set(place, [...(rootsAt.get(place) ?? []), root]);
  }
  return findings.map((finding) => {
    if (finding.consequence || finding.severity === 'info') return finding;
    const root = placesOf(finding)
      .flatMap((place) => rootsAt.get(place) ?? [])
      .find((candidate) => explains(candidate, finding) && !explains(finding, candidate));
    if (root === undefined) return finding;
    return {
      ...finding,
      consequence: true,
      message: `${finding.message} (because of ${formatObject(root.object)}: ${root.code})`,
    };
  });
}
