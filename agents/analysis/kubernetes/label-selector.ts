import { z } from 'zod';
import { listOf, maybe, textMap } from './partial.ts';

/** A label selector with both of its forms (Kubernetes documentation, "Labels and Selectors"). */
export const labelSelectorSchema = z.looseObject({
  matchLabels: textMap,
  matchExpressions: listOf(
    z.looseObject({ key: z.string(), operator: z.string(), values: maybe(z.array(z.string())) }),
  ),
});
export type LabelSelector = z.output<typeof labelSelectorSchema>;

type Labels = Readonly<Record<string, string>>;

/** True where labels meet a selector; an empty one is met by all, as in policies and budgets. */
export function meetsLabels({ matchLabels, matchExpressions }: LabelSelector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      const listed = value !== undefined && (values ?? []).includes(value);
      return operator === 'NotIn' ? !listed : listed;
    })
  );
}
