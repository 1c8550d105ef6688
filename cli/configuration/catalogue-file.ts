import { type ServiceCatalogue, serviceCatalogueSchema } from '#domain/service-catalogue.ts';
import type { Language, Words } from '../words/words.ts';
import { localErrors, mistakes, unknownKeyProblems, valueProblems } from './problems.ts';
import { readYamlFile } from './yaml-file.ts';

/** Reads a service catalogue from YAML. Throws `configuration` with everything that is wrong with it. */
export async function readCatalogueFile(
  path: string,
  options: { readonly namedBy: string; readonly words: Words; readonly language: Language },
): Promise<ServiceCatalogue> {
  const { words } = options;
  const file = await readYamlFile(path, path, words);
  if (file === undefined) throw mistakes([words.configuration.noSuchCatalogue(path, options.namedBy)], words);
  const unknown = unknownKeyProblems(file, serviceCatalogueSchema, words).map((problem) => problem.text);
  const parsed = serviceCatalogueSchema.safeParse(file.value, { error: localErrors(options.language) });
  const wrong = valueProblems(parsed.error?.issues ?? [], {
    raw: file.value,
    whereIs: (keys) => file.whereIs(keys.filter((key) => typeof key !== 'symbol')),
    words,
  });
  if (!parsed.success || unknown.length > 0) throw mistakes([...unknown, ...wrong], words);
  return parsed.data;
}

/** One catalogue made of two; where both speak of a thing, the second wins. */
export function joinCatalogues(first: ServiceCatalogue, second: ServiceCatalogue): ServiceCatalogue {
  // Services are looked up in order, so what shall win stands first.
  return {
    namespaces: { ...first.namespaces, ...second.namespaces },
    services: [...second.services, ...first.services],
  };
}
