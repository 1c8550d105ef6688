import { isNoSecret, isSecretName } from './secret-names.ts';

/**
 * Secrets in text that are known by the name before them. Each form has a head, which ends where the value begins and
 * whose group `name` is the name; the value is then looked for at that place. So every text is read once, however long.
 */
type Form = {
  /** Shown in the mark. */
  readonly kind: string;
  /** Global; all quantifiers bounded. */
  readonly head: RegExp;
  /** Where the value ends, quotes included; undefined where there is none. */
  readonly endOf: (text: string, start: number, head: RegExpExecArray) => number | undefined;
  /** Only names that say so. */
  readonly only?: RegExp;
};

const longest = 4096;
const name = '(?<name>[A-Za-z0-9_./-]{1,256})';
const apart = '(?<![A-Za-z0-9_./-])';

/** Sticky: the end of a match that begins just there. */
function endAt(pattern: RegExp): (text: string, start: number) => number | undefined {
  return (text, start) => {
    pattern.lastIndex = start;
    return pattern.exec(text) === null ? undefined : pattern.lastIndex;
  };
}

const quoted = `"(?:[^"\\\\\\n]|\\\\.){0,${longest}}"|'(?:[^'\\\\\\n]|\\\\.){0,${longest}}'`;
/** Up to a blank, a quote, or what begins the next pair: `a=1,b=2`, `?a=1&b=2`. */
const bare = `(?:[^\\s"'&;,\`]|[&;,](?![\\w.-]{1,64}=|\\s|$)){1,${longest}}`;
/** Words that follow a name where it is spoken of: `--token is required`, `password: must be longer`. */
const spokenOf =
  '(?!(?:is|are|was|were|to|or|and|must|may|can|cannot|could|should|not|no|for|in|as|with|without|has|had|of|from|if|flag|option|the|a|an|too|does|failed|expired|invalid|missing|incorrect|wrong)\\b)';

/**
 * The end of a JSON string inside of `depth` others, each of which doubles the backslashes: the quote that no odd number of
 * backslashes of its own stands before.
 */
function endOfJsonString(text: string, start: number, quote: string): number | undefined {
  const ownBackslashes = quote.length - 1;
  // From the first of its backslashes: any other beginning would make long runs of them slow.
  const quotes = /(?<!\\)\\*"/g;
  quotes.lastIndex = start;
  for (let found = quotes.exec(text); found !== null; found = quotes.exec(text)) {
    const backslashes = found[0].length - 1 - ownBackslashes;
    if (backslashes <= 0 || (backslashes / (ownBackslashes + 1)) % 2 === 0)
      return Math.max(found.index, quotes.lastIndex - quote.length);
  }
  return undefined;
}

const jsonQuote = '(?<quote>\\\\{0,7}")';

function endOfJsonValue(text: string, start: number, head: RegExpExecArray): number | undefined {
  const quote = head.groups?.quote ?? '"';
  if (head[0].endsWith(quote)) return endOfJsonString(text, start, quote) ?? text.length;
  return endAt(/-?\d{1,64}(?:\.\d{1,64})?(?=\s{0,64}[,}\]])|\[(?!\s{0,64}[\]{])[^[\]{}]{1,4096}\]/y)(
    text,
    start,
  );
}

const yamlScalar = endAt(
  new RegExp(`${quoted}|(?![|>{\\[&*])${spokenOf}[^\\s"'\`][^\\n]{0,${longest}}`, 'y'),
);
const passwords =
  /(?:pass(?:word|wd|phrase)?|pwd|(?:api|access|secret)[_.-]?key|密码|口令|令牌|密钥)\d{0,2}$/i;

/** A scalar of one line, or a block: `|` and all lines that stand further in than the name. */
function endOfYamlValue(text: string, start: number, head: RegExpExecArray): number | undefined {
  const block = /[|>][+-]?\d?[ \t]{0,64}\r?\n/y;
  block.lastIndex = start;
  if (block.exec(text) === null) {
    const end = yamlScalar(text, start);
    // `auth: no such user in the realm` is told, not set; a password may have several words.
    const isProse = /^[^"'\s]\S*\s+\S+\s+\S/.test(text.slice(start, end));
    return isProse && !passwords.test(head.groups?.name ?? '') ? undefined : end;
  }
  const indent = head.groups?.indent?.length ?? 0;
  const lines = new RegExp(`(?:[ \\t]{${indent + 1},}[^\\n]*(?:\\n|$)|[ \\t]*\\n)+`, 'y');
  return endAt(lines)(text, block.lastIndex);
}

const endOfInlineValue = endAt(
  new RegExp(`${quoted}|${spokenOf}[^\\s"'\`,;{}[\\]，。；]{1,${longest}}`, 'y'),
);

const forms: readonly Form[] = [
  {
    // `password=x`, `--token=x`, `?api_key=x&`; in a logfmt line, a query string, a connection string.
    kind: 'assignment',
    head: new RegExp(`${apart}${name}["']?\\s{0,2}=\\s{0,2}`, 'g'),
    endOf: endAt(new RegExp(`${quoted}|${bare}`, 'y')),
  },
  {
    // `--password x`, on a command line.
    kind: 'flag',
    head: new RegExp(`(?<![\\w-])--${name}[ \\t]{1,4}`, 'g'),
    endOf: endAt(new RegExp(`${quoted}|(?!-)${spokenOf}[^\\s"'\`]{1,${longest}}`, 'y')),
  },
  {
    // `"password": "x"`: JSON, also inside of strings, where quotes are escaped.
    kind: 'field',
    head: new RegExp(`${jsonQuote}${name}\\k<quote>\\s{0,4}:\\s{0,4}(?:\\k<quote>)?`, 'g'),
    endOf: endOfJsonValue,
  },
  {
    // `"name": "DB_PASSWORD", "value": "x"`: variables and headers.
    kind: 'field',
    head: new RegExp(
      `${jsonQuote}(?:name|key)\\k<quote>\\s{0,4}:\\s{0,4}\\k<quote>${name}\\k<quote>\\s{0,64},\\s{0,64}\\k<quote>value\\k<quote>\\s{0,4}:\\s{0,4}\\k<quote>`,
      'gi',
    ),
    endOf: endOfJsonValue,
  },
  {
    // The same as YAML, on two lines.
    kind: 'field',
    head: new RegExp(
      `^(?<indent>[ \\t]{0,64})(?:-[ \\t]{1,4})?(?:name|key):[ \\t]{1,4}["']?${name}["']?[ \\t]{0,4}\\r?\\n[ \\t]{1,64}value:[ \\t]{1,4}`,
      'gim',
    ),
    endOf: endOfYamlValue,
  },
  {
    // `password: x` as a line of its own: YAML, a header. Elsewhere `token: x` is prose ("unexpected token: }").
    kind: 'field',
    head: new RegExp(
      `^(?<indent>[ \\t]{0,64})(?:-[ \\t]{1,4})?["']?${name}["']?[ \\t]{0,2}:[ \\t]{1,64}`,
      'gm',
    ),
    endOf: endOfYamlValue,
  },
  {
    // `password: x` within a line, where the name leaves no doubt.
    kind: 'field',
    head: new RegExp(`${apart}${name}[ \\t]{0,2}:[ \\t]{1,4}`, 'g'),
    endOf: endOfInlineValue,
    only: passwords,
  },
  {
    kind: 'field',
    head: /(?<name>密码|口令|令牌|密钥)[ \t]{0,2}(?:[:：=]|是|为)[ \t]{0,4}/g,
    endOf: endOfInlineValue,
  },
];

/** A value without the quotes around it, and where those are. */
function unquoted(value: string): { readonly text: string; readonly quote: string } {
  const quote = /^(["'])[\s\S]*\1$/.exec(value)?.[1] ?? '';
  return { text: value.slice(quote.length, value.length - quote.length), quote };
}

function hide(text: string, { kind, head, endOf, only }: Form): string {
  const mark = `[redacted:${kind}]`;
  let shown = '';
  let told = 0;
  head.lastIndex = 0;
  for (let found = head.exec(text); found !== null; found = head.exec(text)) {
    const called = found.groups?.name ?? '';
    if (!isSecretName(called) || only?.test(called) === false) continue;
    const start = head.lastIndex;
    const end = endOf(text, start, found);
    if (end === undefined) continue;
    const value = unquoted(text.slice(start, end).trimEnd());
    if (value.text.startsWith('[redacted:') || isNoSecret(called, value.text)) continue;
    shown += text.slice(told, start) + mark;
    told = start + text.slice(start, end).trimEnd().length;
    head.lastIndex = told;
  }
  return shown + text.slice(told);
}

/** The text with every value that stands under the name of a secret replaced by a mark. */
export function hideNamedSecrets(text: string): string {
  return forms.reduce(hide, text);
}
