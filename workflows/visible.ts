import { defineSearchAttributeKey, type SearchAttributeUpdatePair } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { searchAttributes } from '#domain/task-queues.ts';

const keys = {
  phase: defineSearchAttributeKey(searchAttributes.phase, 'KEYWORD'),
  severity: defineSearchAttributeKey(searchAttributes.severity, 'KEYWORD'),
  service: defineSearchAttributeKey(searchAttributes.service, 'KEYWORD'),
  risk: defineSearchAttributeKey(searchAttributes.risk, 'KEYWORD'),
} as const;

/** Sets what the Temporal UI can list by; only what is named changes. */
export function showAttributes(values: Partial<Record<keyof typeof keys, string>>): void {
  const pairs: SearchAttributeUpdatePair[] = Object.entries(values).map(([name, value]) => ({
    key: keys[name as keyof typeof keys],
    value,
  }));
  upsertSearchAttributes(pairs);
}

/**
 * What a person who opens the workflow in the Temporal UI reads, as Markdown. It travels in a URL and lands in access
 * logs: short, and without secrets.
 */
export function showDetails(lines: readonly string[]): void {
  setCurrentDetails(lines.join('\n'));
}
