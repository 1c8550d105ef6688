import type { z } from 'zod';
import type { cloudResourceSchema } from '#domain/tools/cloud.ts';
import type { Reader, Reading } from '../reading.ts';

export type CloudResource = z.output<typeof cloudResourceSchema>;

/** Lists resources of some types, which are named as CloudFormation names them. */
export type ResourceReader = Reader<CloudResource, undefined> & { readonly types: readonly string[] };
export type ResourceReading = Reading<CloudResource>;

export function resource(
  type: string,
  id: string | undefined,
  properties: Readonly<Record<string, unknown>>,
  name?: string | undefined,
): CloudResource[] {
  if (id === undefined) return [];
  return [{ provider: 'aws', type, id, ...(name === undefined ? {} : { name }), properties }];
}
