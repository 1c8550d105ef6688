import { searchTerms } from '#store/search-terms.ts';
import { synonymGroups } from './synonyms.ts';

/** Terms with how much each counts. */
export type WeightedTerms = ReadonlyMap<string, number>;

/** Words that stand everywhere and tell nothing. */
const stopWords = new Set(
  [
    'a an and any are as at be but by can cannot for from has have how in is it its no not of on or our so that the then there',
    'they this to was we what when where which why will with without does do did after before all been',
    '的 了 是 在 和 与 或 也 都 就 很 把 被 给 吗 呢 吧 啊 我 们 你 他 它 这 那 有 个 一 不 为 什 么 怎 办 要',
  ]
    .join(' ')
    .split(' '),
);

/** A word of ours against one that was asked for. */
const synonymWeight = 0.5;
/** A single Chinese character is in many words; the pair of it is what is meant. */
const singleCharacterWeight = 0.4;

const isHan = /^\p{Script=Han}$/u;

function weightOf(term: string): number {
  return isHan.test(term) ? singleCharacterWeight : 1;
}

const meaningful = (term: string): boolean => !stopWords.has(term);

/** Words in their order, each between blanks, so that a phrase is found as a whole and `lag` not in `flag`. */
function spaced(text: string): string {
  const apart = text
    .toLowerCase()
    .replace(/(?<=\p{Script=Han})(?=[a-z0-9])|(?<=[a-z0-9])(?=\p{Script=Han})/gu, ' ');
  return ` ${apart.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()} `;
}

const hasHan = /\p{Script=Han}/u;

const groups = synonymGroups.map((words) =>
  words.map((word) => ({ word, spaced: spaced(word), isHan: hasHan.test(word) })),
);

/** The other words for what a text speaks of. */
function synonymsOf(text: string): string[] {
  const here = spaced(text);
  const dense = here.replaceAll(' ', '');
  return groups.flatMap((words) => {
    const said = words.filter((one) =>
      one.isHan ? dense.includes(one.spaced.replaceAll(' ', '')) : here.includes(one.spaced),
    );
    return said.length === 0 ? [] : words.filter((one) => !said.includes(one)).map((one) => one.word);
  });
}

/** Terms of a text that is searched, repeated as often as they stand in it. */
export function documentTerms(text: string): string[] {
  return searchTerms(text).filter(meaningful);
}

/** The terms that stand in a question itself. */
export function ownTerms(text: string): WeightedTerms {
  return new Map(documentTerms(text).map((term) => [term, weightOf(term)]));
}

/** Terms of a question: its own, and with less weight those of other words for the same. */
export function queryTerms(text: string): WeightedTerms {
  const weights = new Map(ownTerms(text));
  for (const term of synonymsOf(text).flatMap(documentTerms)) {
    weights.set(term, Math.max(weights.get(term) ?? 0, synonymWeight * weightOf(term)));
  }
  return weights;
}
