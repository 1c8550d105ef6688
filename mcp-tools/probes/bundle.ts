import type { z } from 'zod';
import { probeResultSchema, probeResults } from '#domain/tools/probes.ts';
import { type Bundle, notInBundle } from '../bundle/open-bundle.ts';
import { implement, type ToolImplementation } from '../runtime/implement.ts';
import { pageOfList } from '../runtime/paging.ts';

async function listResults(bundle: Bundle, input: z.output<typeof probeResults.input>) {
  const read = await bundle.array('probes.json', probeResultSchema);
  if (read === undefined) return pageOfList([], input, { gaps: [notInBundle('probes')] });
  const items = read.items.filter(
    ({ to }) =>
      (input.namespace === undefined || to.namespace === undefined || to.namespace === input.namespace) &&
      (input.service === undefined || to.service === input.service),
  );
  return pageOfList(items, input, { gaps: read.gaps });
}

/** What `probes` answers from `probes.json`. */
export function probesOfBundle(bundle: Bundle): ToolImplementation[] {
  return [implement(probeResults, (input) => listResults(bundle, input))];
}
