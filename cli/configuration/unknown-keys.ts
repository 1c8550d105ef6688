import { z } from 'zod';
import { nearest } from '../nearest.ts';

/** The parts of a JSON Schema that say which keys there are. */
const shapeSchema = z.object({
  properties: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
});

export type UnknownKey = { readonly path: readonly (string | number)[]; readonly suggestion?: string };

/** Keys of a value that its schema does not know, wherever they stand, each with the key that was likely meant. */
export function unknownKeys(schema: z.ZodType, value: unknown): UnknownKey[] {
  return walk(z.toJSONSchema(schema, { io: 'input' }), value, []);
}

function walk(schema: unknown, value: unknown, path: readonly (string | number)[]): UnknownKey[] {
  const shape = shapeSchema.safeParse(schema);
  if (!shape.success || typeof value !== 'object' || value === null) return [];
  const { properties, additionalProperties, items } = shape.data;
  if (Array.isArray(value)) return value.flatMap((item, index) => walk(items, item, [...path, index]));
  return Object.entries(value).flatMap(([key, child]) => {
    const here = [...path, key];
    if (properties === undefined) return walk(additionalProperties, child, here);
    if (Object.hasOwn(properties, key)) return walk(properties[key], child, here);
    const suggestion = nearest(key, Object.keys(properties));
    return [{ path: here, ...(suggestion === undefined ? {} : { suggestion }) }];
  });
}
