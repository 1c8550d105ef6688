import { z } from 'zod';
import type { TemplateChange } from './kubernetes/revisions.ts';
import { parseQuantity } from './quantity.ts';

const amounts = z
  .record(z.string(), z.union([z.string(), z.number()]))
  .optional()
  .catch(undefined);
const resourcesSchema = z.looseObject({ limits: amounts }).catch({ limits: undefined });

/** The limits of one kind, no limit being the highest. */
function limitOf(resources: unknown, name: 'cpu' | 'memory'): number {
  return parseQuantity(resourcesSchema.parse(resources ?? {}).limits?.[name]) ?? Number.POSITIVE_INFINITY;
}

/** Which limits a change of a template lowered: only these can starve a container. */
export function loweredLimits(changes: readonly TemplateChange[]): ReadonlySet<'cpu' | 'memory'> {
  const resources = changes.filter(({ facet }) => facet === 'resources');
  return new Set(
    (['cpu', 'memory'] as const).filter((name) =>
      resources.some(({ before, after }) => limitOf(after, name) < limitOf(before, name)),
    ),
  );
}
