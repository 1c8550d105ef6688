import type { z } from 'zod';
import { hostUnitSchema, hostUnits } from '#domain/tools/hosts.ts';
import { type Bundle, notInBundle, readTogether } from '../bundle/open-bundle.ts';
import { implement, type ToolImplementation } from '../runtime/implement.ts';
import { pageOfList } from '../runtime/paging.ts';

const unitFile = /^hosts\/([^/]+)\/units\.json$/;
const unitSchema = hostUnitSchema.omit({ node: true });

async function listUnits(bundle: Bundle, input: z.output<typeof hostUnits.input>) {
  const files = bundle.paths.map((path) => unitFile.exec(path)).filter((match) => match !== null);
  const asked = files.filter(([, node]) => input.node === undefined || node === input.node);
  const { items, gaps } = await readTogether(
    asked.map(async ([path, node = '']) => {
      const read = await bundle.array(path, unitSchema);
      return { items: (read?.items ?? []).map((unit) => ({ node, ...unit })), gaps: read?.gaps ?? [] };
    }),
  );
  const none =
    asked.length === 0 ? [notInBundle(input.node === undefined ? 'hosts' : `host ${input.node}`)] : [];
  return pageOfList(items, input, { gaps: [...none, ...gaps] });
}

/** What `hosts` answers from `hosts/<node>/units.json`. */
export function hostsOfBundle(bundle: Bundle): ToolImplementation[] {
  return [implement(hostUnits, (input) => listUnits(bundle, input))];
}
