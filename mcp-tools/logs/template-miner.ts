import { readWords, wordKind, wordTexts } from './message-words.ts';
import { ownCopy } from './own-copy.ts';
import { emptyReading, maskText, type Reading } from './reading.ts';
import { createRecent } from './recent.ts';
import { keyOf, keyOfWords, laneA, laneB } from './word-sums.ts';

/**
 * Groups log messages by template, online and with bounded memory. The method follows Drain: a tree of fixed depth leads by
 * the number of words and the first word to a few candidate groups, of which the most alike one is taken (P. He, J. Zhu,
 * Z. Zheng, M. R. Lyu, "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017). Two things differ. What
 * shows by its look that it varies is masked before (`message-words.ts`). And another word opens a group of its own at
 * first, since nobody knows at its first sight whether it is a parameter: when several words were seen in one place of an
 * otherwise same message, that place is one, and their groups become one. So `started` and `stopped` stay apart, and the
 * names of ten users do not. The same messages in the same order always give the same groups.
 */
export type TemplateMiner<Tally> = {
  /** Puts a message, from a place in the text on, into its group, and answers the tally of the group as it is now. */
  readonly learn: (text: string, from?: number) => Tally;
  /** In the order in which they were begun. Places that vary are `<*>`. */
  readonly groups: () => { readonly template: string; readonly tally: Tally }[];
};

/** What is kept of each group. */
export type Tallying<Tally> = {
  readonly begin: () => Tally;
  /** Adds what the second one holds to the first one; groups may become one. */
  readonly merge: (into: Tally, from: Tally) => void;
};

/** The share of a template's words that stay the same when a place of it becomes a parameter: the paper's threshold. */
const minSame = 0.5;
/** As many different words in one place make it a parameter. */
const wordsOfParameter = 5;
const dottedNamesOfParameter = 3;
const maxGroups = 2_000;
/** Where a place of the tree has more groups, any words may differ, as in the paper. */
const maxCandidates = 100;
const rememberedMessages = 20_000;
const rememberedHoles = 60_000;
const sampleChars = 2_000;

/** In the place of a word that varies; no word's hash is 0. */
const open = 0;
/** In the place of the word that is left out of a sum. */
const left = -1;

type Group<Tally> = {
  readonly id: number;
  /** Hashes of the template's words. */
  readonly words: Int32Array;
  readonly kinds: Uint8Array;
  /** The message that began it: its words are the template's. */
  readonly sample: string;
  readonly tally: Tally;
  usedAt: number;
  leaf: Set<Group<Tally>> | undefined;
  /** The group that it has become part of. */
  into: Group<Tally> | undefined;
};

type State<Tally> = {
  readonly tallying: Tallying<Tally>;
  readonly reading: Reading;
  readonly live: Set<Group<Tally>>;
  readonly leaves: Map<string, Set<Group<Tally>>>;
  /** Groups by the sum of a message's words. */
  readonly known: ReturnType<typeof createRecent<Group<Tally>>>;
  /** Groups that are the same but for one place, by the sum of all other words. */
  readonly holes: ReturnType<typeof createRecent<readonly Group<Tally>[]>>;
  /** What was forgotten, by its number of words. */
  readonly leftovers: Map<number, Group<Tally>>;
  begun: number;
  tick: number;
};

function rootOf<Tally>(group: Group<Tally>): Group<Tally> {
  let root = group;
  while (root.into !== undefined) root = root.into;
  return root;
}

function isMasked(kind: number | undefined): boolean {
  return kind !== undefined && kind <= wordKind.numbered;
}

function branchOf(words: Int32Array, kinds: Uint8Array): number {
  return isMasked(kinds[0]) ? open : (words[0] ?? open);
}

function leafKey(count: number, branch: number): string {
  return `${count}:${branch}`;
}

function place<Tally>({ leaves }: State<Tally>, group: Group<Tally>): void {
  group.leaf?.delete(group);
  const key = leafKey(group.words.length, branchOf(group.words, group.kinds));
  const leaf = leaves.get(key) ?? new Set();
  leaves.set(key, leaf);
  leaf.add(group);
  group.leaf = leaf;
}

/** How a word of a message may differ from that of a template: freely, once in a message, or not at all. */
function difference(template: number, message: number): 'free' | 'once' | 'never' {
  const masked = isMasked(template);
  if (masked !== isMasked(message)) return 'once';
  if (!masked || (template === wordKind.numbered && message === wordKind.numbered)) return 'never';
  return 'free';
}

/** How many words a template and a message share that tell something; -1 where they are not of one kind. */
function sameWords<Tally>(group: Group<Tally>, message: Reading, anyDiffer: boolean): number {
  const { words, kinds } = group;
  let same = 0;
  let free = 0;
  let others = 0;
  for (let i = 0; i < words.length; i += 1) {
    if (words[i] === open) continue;
    const kind = message.kinds[i] ?? 0;
    if (words[i] === message.hashes[i]) {
      if (!isMasked(kind)) same += 1;
      continue;
    }
    const how = difference(kinds[i] ?? 0, kind);
    if (how === 'free') free += 1;
    else others += how === 'once' ? 1 : 2;
    if (others > 1 && !anyDiffer) return -1;
  }
  return free + others === 0 || same >= minSame * words.length ? same : -1;
}

function mostAlike<Tally>({ leaves, reading }: State<Tally>): Group<Tally> | undefined {
  const branch = branchOf(reading.hashes, reading.kinds);
  let best: Group<Tally> | undefined;
  let most = -1;
  for (const first of branch === open ? [open] : [branch, open]) {
    const leaf = leaves.get(leafKey(reading.count, first));
    if (leaf === undefined) continue;
    for (const group of leaf) {
      const same = sameWords(group, reading, leaf.size >= maxCandidates);
      if (same <= most) continue;
      most = same;
      best = group;
    }
  }
  return best;
}

function widen<Tally>(group: Group<Tally>, at: number): void {
  group.words[at] = open;
  group.kinds[at] = wordKind.variable;
}

function unite<Tally>(state: State<Tally>, groups: readonly Group<Tally>[], hole: number): void {
  const [oldest, ...others] = groups.toSorted((a, b) => a.id - b.id);
  if (oldest === undefined) return;
  for (const other of others) {
    other.leaf?.delete(other);
    other.into = oldest;
    state.live.delete(other);
    state.tallying.merge(oldest.tally, other.tally);
    for (let i = 0; i < oldest.words.length; i += 1) {
      if (oldest.words[i] !== other.words[i]) widen(oldest, i);
    }
  }
  widen(oldest, hole);
  settle(state, oldest);
}

/** Puts a group where it is looked for, and unites it with those that differ from it in one place only, if they are many. */
function settle<Tally>(state: State<Tally>, group: Group<Tally>): void {
  place(state, group);
  const { words, kinds } = group;
  let a = 0;
  let b = 0;
  let telling = 0;
  for (let i = 0; i < words.length; i += 1) {
    a = (a + laneA(i, words[i] ?? open)) | 0;
    b = (b + laneB(i, words[i] ?? open)) | 0;
    if (!isMasked(kinds[i])) telling += 1;
  }
  for (let i = 0; i < words.length; i += 1) {
    const kind = kinds[i] ?? 0;
    const stay = telling - (isMasked(kind) ? 0 : 1);
    if (kind < wordKind.numbered || stay < minSame * words.length) continue;
    const word = words[i] ?? open;
    const key = keyOf((a - laneA(i, word) + laneA(i, left)) | 0, (b - laneB(i, word) + laneB(i, left)) | 0);
    const alike = [...new Set([...(state.holes.get(key) ?? []), group].map(rootOf))].filter(
      ({ id }) => id >= 0,
    );
    state.holes.set(key, alike);
    if (alike.length < (kind === wordKind.dotted ? dottedNamesOfParameter : wordsOfParameter)) continue;
    unite(state, alike, i);
    return;
  }
}

function groupOf<Tally>(state: State<Tally>, id: number, sample: string): Group<Tally> {
  const { reading, tick } = state;
  return {
    id,
    words: reading.hashes.slice(0, reading.count),
    kinds: reading.kinds.slice(0, reading.count),
    sample: ownCopy(sample),
    tally: state.tallying.begin(),
    usedAt: tick,
    leaf: undefined,
    into: undefined,
  };
}

function leftoverOf<Tally>(state: State<Tally>, words: number): Group<Tally> {
  const found = state.leftovers.get(words);
  if (found !== undefined) return found;
  const group = { ...groupOf(state, -1, ''), words: new Int32Array(words), kinds: new Uint8Array(words) };
  state.leftovers.set(words, group);
  return group;
}

/** Forgets the groups that were not used for longest; what they had counted is kept by the number of their words. */
function forget<Tally>(state: State<Tally>): void {
  const { live, leaves, tallying } = state;
  const unused = [...live].toSorted((a, b) => a.usedAt - b.usedAt).slice(0, maxGroups / 10);
  for (const group of unused) {
    const leftover = leftoverOf(state, group.words.length);
    tallying.merge(leftover.tally, group.tally);
    group.leaf?.delete(group);
    group.into = leftover;
    live.delete(group);
  }
  for (const [key, leaf] of leaves) if (leaf.size === 0) leaves.delete(key);
}

function begin<Tally>(state: State<Tally>, sample: string): Group<Tally> {
  if (state.live.size >= maxGroups) forget(state);
  const group = groupOf(state, state.begun, sample);
  state.begun += 1;
  state.live.add(group);
  settle(state, group);
  return rootOf(group);
}

function join<Tally>(state: State<Tally>, group: Group<Tally>): Group<Tally> {
  const { hashes } = state.reading;
  let changed = false;
  for (let i = 0; i < group.words.length; i += 1) {
    if (group.words[i] === open || group.words[i] === hashes[i]) continue;
    widen(group, i);
    changed = true;
  }
  if (changed) settle(state, group);
  return rootOf(group);
}

function learn<Tally>(state: State<Tally>, text: string, from: number): Tally {
  const { reading, known } = state;
  state.tick += 1;
  readWords(reading, text, from);
  const key = keyOfWords(reading.hashes, reading.count);
  const seen = known.get(key);
  let group = seen === undefined ? undefined : rootOf(seen);
  if (group === undefined || group.id < 0) {
    const alike = mostAlike(state);
    group = alike === undefined ? begin(state, text.slice(from, from + sampleChars)) : join(state, alike);
    known.set(key, group);
  }
  group.usedAt = state.tick;
  return group.tally;
}

function templateOf<Tally>({ reading }: State<Tally>, { words, sample }: Group<Tally>): string {
  readWords(reading, sample, 0);
  const texts = wordTexts(reading);
  return Array.from(words, (word, i) => (word === open ? maskText : (texts[i] ?? maskText))).join(' ');
}

export function createTemplateMiner<Tally>(tallying: Tallying<Tally>): TemplateMiner<Tally> {
  const state: State<Tally> = {
    tallying,
    reading: emptyReading(),
    live: new Set(),
    leaves: new Map(),
    known: createRecent(rememberedMessages),
    holes: createRecent(rememberedHoles),
    leftovers: new Map(),
    begun: 0,
    tick: 0,
  };
  return {
    learn: (text, from = 0) => learn(state, text, from),
    groups: () =>
      [...state.live, ...state.leftovers.values()].map((group) => ({
        template: templateOf(state, group),
        tally: group.tally,
      })),
  };
}
