import { z } from 'zod';
import {
  cloudEventSchema,
  cloudEvents,
  cloudInsightSchema,
  cloudInsights,
  cloudResourceSchema,
  cloudResources,
} from '#domain/tools/cloud.ts';
import { type Bundle, type Items, notInBundle, readTogether } from '../bundle/open-bundle.ts';
import { inForm, misfitOf } from '../bundle/parse-json.ts';
import { implement, type ToolImplementation } from '../runtime/implement.ts';
import { pageOfList } from '../runtime/paging.ts';

const cloudFile = /^cloud\/([^/]+)\.json$/;
const list = z.array(z.record(z.string(), z.unknown())).default([]);
const fileSchema = z.looseObject({ resources: list, events: list, insights: list });
type Part = 'resources' | 'events' | 'insights';

async function readPart<Schema extends z.ZodType>(
  bundle: Bundle,
  part: Part,
  item: Schema,
  asked: string | undefined,
): Promise<Items<z.output<Schema>>> {
  const files = bundle.paths
    .map((path) => cloudFile.exec(path))
    .filter((match) => match !== null)
    .filter(([, provider]) => asked === undefined || provider === asked);
  if (files.length === 0) return { items: [], gaps: [notInBundle('cloud')] };
  return readTogether(
    files.map(async ([path, provider]) => {
      const value = await bundle.once(`${path} parsed`, async () =>
        inForm(path, await bundle.json(path), fileSchema),
      );
      const misfits: string[] = [];
      const items = value[part].flatMap((raw, index) => {
        const parsed = item.safeParse({ ...raw, provider });
        if (parsed.success) return [parsed.data];
        misfits.push(`${part}.${index}: ${misfitOf(parsed.error)}`);
        return [];
      });
      return { items, gaps: misfits.slice(0, 3).map((misfit) => `${path}: left out ${misfit}`) };
    }),
  );
}

async function listResources(bundle: Bundle, input: z.output<typeof cloudResources.input>) {
  const { items, gaps } = await readPart(bundle, 'resources', cloudResourceSchema, input.provider);
  return pageOfList(
    items.filter(({ type }) => input.type === undefined || type === input.type),
    input,
    { gaps },
  );
}

async function listEvents(bundle: Bundle, input: z.output<typeof cloudEvents.input>) {
  const { items, gaps } = await readPart(bundle, 'events', cloudEventSchema, input.provider);
  const inside = items.filter(
    ({ at }) =>
      (input.from === undefined || Date.parse(at) >= Date.parse(input.from)) &&
      (input.to === undefined || Date.parse(at) <= Date.parse(input.to)),
  );
  return pageOfList(inside, input, { gaps });
}

async function listInsights(bundle: Bundle, input: z.output<typeof cloudInsights.input>) {
  const { items, gaps } = await readPart(bundle, 'insights', cloudInsightSchema, input.provider);
  return pageOfList(items, input, { gaps });
}

/** What `cloud` answers from `cloud/<provider>.json`. */
export function cloudOfBundle(bundle: Bundle): ToolImplementation[] {
  return [
    implement(cloudResources, (input) => listResources(bundle, input)),
    implement(cloudEvents, (input) => listEvents(bundle, input)),
    implement(cloudInsights, (input) => listInsights(bundle, input)),
  ];
}
