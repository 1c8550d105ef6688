/**
 * Groups log messages by template, online and with bounded memory. The method is Drain's: a tree of fixed depth that leads
 * by the number of words and the first words to a few candidate groups, of which the most alike one is taken (P. He, J. Zhu,
 * Z. Zheng, M. R. Lyu, "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017). The same messages in
 * the same order always give the same groups.
 */
export type TemplateMiner = {
  /** Puts a message into its group and answers the group's number. */
  readonly learn: (message: string) => number;
  /** The template of a group as it is now: words that differ between its messages are `<*>`. */
  readonly templateOf: (group: number) => string;
  readonly groupCount: () => number;
};

const wildcard = '<*>';
/** In the place of a number or an identifier: one such is like another, so they count as the same word. */
const masked = '<#>';

/** First words that the tree looks at, after the number of words: the paper's depth of 4. */
const leadingWords = 1;
/** Share of equal words from which on two messages are of one group. */
const minSimilarity = 0.5;
/** Different words a place of the tree; further ones share the wildcard's branch. */
const maxBranches = 100;
const maxGroups = 2_000;
const maxWords = 120;
const maxChars = 2_000;

/** What is never a word of its own: identifiers, addresses, times and numbers, with their units. */
const variable = new RegExp(
  [
    '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', // UUIDs
    '\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d+)?(?:Z|[+-]\\d\\d:?\\d\\d)?', // times
    '\\d{1,3}(?:\\.\\d{1,3}){3}(?::\\d+)?', // IPv4 addresses with ports
    '0x[0-9a-f]+',
    '(?<![A-Za-z0-9])[0-9a-f]{12,}(?![A-Za-z0-9])', // hashes
    '(?<![A-Za-z_])[+-]?\\d+(?:[.,:]\\d+)*(?:e[+-]?\\d+)?(?:ns|us|µs|ms|s|m|h|[KMGT]i?B?|B|%)?(?![A-Za-z0-9_])',
  ].join('|'),
  'gi',
);

type Group = { readonly id: number; words: string[] };
type Leaf = Group[];

function wordsOf(message: string): string[] {
  return message.slice(0, maxChars).replace(variable, masked).trim().split(/\s+/).slice(0, maxWords);
}

/** The paper's simSeq: the share of places where both have the same word. A place that varies is never the same. */
function similarity(template: readonly string[], words: readonly string[]): number {
  const equal = template.filter((word, index) => word === words[index] && word !== wildcard).length;
  return equal / template.length;
}

function mostAlike(leaf: Leaf, words: readonly string[]): Group | undefined {
  let best: { group: Group; score: number } | undefined;
  for (const group of leaf) {
    const score = similarity(group.words, words);
    if (best === undefined || score > best.score) best = { group, score };
  }
  return best !== undefined && best.score >= minSimilarity ? best.group : undefined;
}

export function createTemplateMiner(): TemplateMiner {
  const groups: Group[] = [];
  const leaves = new Map<string, Leaf>();
  /** How many different words were seen at each place of the tree. */
  const branches = new Map<string, Set<string>>();

  const branchOf = (place: string, word: string): string => {
    if (/\d/.test(word)) return wildcard;
    const seen = branches.get(place) ?? new Set<string>();
    branches.set(place, seen);
    if (seen.has(word)) return word;
    if (seen.size >= maxBranches) return wildcard;
    seen.add(word);
    return word;
  };

  const leafOf = (words: readonly string[]): Leaf => {
    let place = String(words.length);
    for (const word of words.slice(0, leadingWords)) place = `${place}\u0000${branchOf(place, word)}`;
    const leaf = leaves.get(place) ?? [];
    leaves.set(place, leaf);
    return leaf;
  };

  /** When there are groups enough, what fits none of them shares one group of its number of words. */
  const overflow = (words: readonly string[]): Group => {
    const place = `overflow\u0000${words.length}`;
    const leaf = leaves.get(place) ?? [];
    leaves.set(place, leaf);
    const found = leaf[0];
    if (found !== undefined) return found;
    const group = { id: groups.length, words: words.map(() => wildcard) };
    groups.push(group);
    leaf.push(group);
    return group;
  };

  return {
    learn: (message) => {
      const words = wordsOf(message);
      const leaf = leafOf(words);
      const alike = mostAlike(leaf, words);
      if (alike !== undefined) {
        alike.words = alike.words.map((word, index) => (word === words[index] ? word : wildcard));
        return alike.id;
      }
      if (groups.length >= maxGroups) return overflow(words).id;
      const group = { id: groups.length, words };
      groups.push(group);
      leaf.push(group);
      return group.id;
    },
    templateOf: (group) => groups[group]?.words.join(' ').replaceAll(masked, wildcard) ?? '',
    groupCount: () => groups.length,
  };
}
