import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { coverageIntervalSchema, coverageList, manifestsList, notesList } from '#domain/tools/context.ts';
import { type Bundle, type Items, notInBundle, readTogether } from '../bundle/open-bundle.ts';
import { implement, type ToolImplementation } from '../runtime/implement.ts';
import { pageOfList } from '../runtime/paging.ts';

async function listCoverage(bundle: Bundle, input: z.output<typeof coverageList.input>) {
  const read = await bundle.array('coverage.json', coverageIntervalSchema);
  const { gaps } = bundle.info;
  return pageOfList(read?.items ?? [], input, {
    gaps: [...gaps, ...(read === undefined ? [] : read.gaps)],
    hint: read === undefined ? 'coverage is unknown' : undefined,
  });
}

const noteFile = /^notes\/(.+\.md)$/;
const maxNoteBytes = 256 * 1024;

async function listNotes(bundle: Bundle, input: z.output<typeof notesList.input>) {
  const files = bundle.paths.map((path) => noteFile.exec(path)).filter((match) => match !== null);
  const { items, gaps } = await readTogether(
    files.map(async ([path, name = '']) => {
      const { text, cut } = (await bundle.tail(path, maxNoteBytes)) ?? { text: '', cut: false };
      return { items: [{ name, text }], gaps: cut ? [`${path}: only the end was read`] : [] };
    }),
  );
  return pageOfList(items, input, { gaps });
}

const manifestFile = /^kubernetes\/manifests\/(.+)\.ya?ml$/;
const headSchema = z.looseObject({
  kind: z.string().optional(),
  metadata: z.looseObject({ namespace: z.string().optional() }).optional(),
});

/** The documents of a file, apart from Secrets, whose values have no place here. */
function documentsOf(
  name: string,
  path: string,
  text: string,
): Items<{ name: string; yaml: string; namespace?: string }> {
  const documents = parseAllDocuments(text);
  // An empty stream is no list.
  if (!Array.isArray(documents)) return { items: [], gaps: [] };
  const broken = documents.flatMap((document) => document.errors)[0];
  const gaps = broken === undefined ? [] : [`${path}: ${broken.message.split('\n')[0]}`];
  const items = documents.flatMap((document) => {
    if (document.errors.length > 0) return [];
    const head = headSchema.safeParse(document.toJS({ maxAliasCount: 100 }));
    if (!head.success || head.data.kind === 'Secret') return [];
    const namespace = head.data.metadata?.namespace;
    return [{ name, yaml: document.toString(), ...(namespace === undefined ? {} : { namespace }) }];
  });
  return { items, gaps };
}

async function listManifests(bundle: Bundle, input: z.output<typeof manifestsList.input>) {
  const files = bundle.paths.map((path) => manifestFile.exec(path)).filter((match) => match !== null);
  const { items, gaps } = await readTogether(
    files.map(([path, name = '']) =>
      bundle.once(path, async () => documentsOf(name, path, (await bundle.text(path)) ?? '')),
    ),
  );
  const here = items
    .filter(
      ({ namespace }) => input.namespace === undefined || (namespace ?? input.namespace) === input.namespace,
    )
    .map(({ name, yaml }) => ({ name, yaml }));
  const none = files.length === 0 ? [notInBundle('manifests')] : [];
  return pageOfList(here, input, { gaps: [...none, ...gaps] });
}

/** What `context` answers: what was watched when and what was read in part, notes, manifests. */
export function contextOfBundle(bundle: Bundle): ToolImplementation[] {
  return [
    implement(coverageList, (input) => listCoverage(bundle, input)),
    implement(notesList, (input) => listNotes(bundle, input)),
    implement(manifestsList, (input) => listManifests(bundle, input)),
  ];
}
