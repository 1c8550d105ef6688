import { z } from 'zod';
import { parseQuantity } from '../quantity.ts';
import { kindReader } from './kind-reader.ts';
import { maybe } from './partial.ts';

const amounts = maybe(z.record(z.string(), z.union([z.string(), z.number()])));

export const resourceQuotas = kindReader(
  'ResourceQuota',
  '',
  z.looseObject({
    spec: maybe(z.looseObject({ hard: amounts })),
    status: maybe(z.looseObject({ hard: amounts, used: amounts })),
  }),
);
export type ResourceQuota = ReturnType<typeof resourceQuotas>[number];

export type QuotaUse = {
  readonly resource: string;
  readonly used: number;
  readonly hard: number;
  /** As the object writes them. */
  readonly usedText: string;
  readonly hardText: string;
};

/** What a quota counts, with how much of it is used; what has no readable numbers is left out. */
export function quotaUses({ spec, status }: ResourceQuota): QuotaUse[] {
  const hard = status?.hard ?? spec?.hard ?? {};
  return Object.entries(hard).flatMap(([resource, most]) => {
    const usedText = String(status?.used?.[resource] ?? '');
    const [used, limit] = [parseQuantity(usedText), parseQuantity(String(most))];
    return used === undefined || limit === undefined
      ? []
      : [{ resource, used, hard: limit, usedText, hardText: String(most) }];
  });
}
