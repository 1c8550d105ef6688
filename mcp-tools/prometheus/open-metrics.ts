/**
 * Reads OpenMetrics text with timestamps (OpenMetrics 1.0, "Overall structure"). Values are taken as recorded; a sample
 * that is no number (`NaN`, `+Inf`) is a missing point, and so is one without a time. Never throws: what cannot be read is
 * counted and its first places are named.
 */
export type RecordedSeries = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `[unix seconds, value]` in order of time, one a moment. */
  readonly points: [number, number][];
};

export type OpenMetrics = {
  readonly series: readonly RecordedSeries[];
  readonly types: ReadonlyMap<string, string>;
  readonly units: ReadonlyMap<string, string>;
  /** What could not be read, in words; lines count from 1. */
  readonly problems: readonly string[];
};

type Series = RecordedSeries & { ordered: boolean };

const nameForm = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;

/** Where the head of a sample ends: after its name, or after the brace that closes its labels; -1 where it never does. */
function endOfHead(line: string): number {
  const name = nameForm.exec(line)?.[0];
  if (name === undefined) return -1;
  if (line[name.length] !== '{') return name.length;
  let quoted = false;
  for (let at = name.length + 1; at < line.length; at += 1) {
    const character = line.charCodeAt(at);
    if (quoted && character === 0x5c) at += 1;
    else if (character === 0x22) quoted = !quoted;
    else if (character === 0x7d && !quoted) return at + 1;
  }
  return -1;
}

const labelForm = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/gy;

function unescaped(value: string): string {
  if (!value.includes('\\')) return value;
  return value.replace(/\\(.)/gs, (_whole, character: string) => (character === 'n' ? '\n' : character));
}

/** The labels of a head, or undefined where they are not written as labels are. */
function labelsOf(head: string): Record<string, string> | undefined {
  const brace = head.indexOf('{');
  if (brace === -1) return {};
  const inner = head.slice(brace + 1, -1);
  const labels: Record<string, string> = {};
  labelForm.lastIndex = 0;
  let end = 0;
  for (let match = labelForm.exec(inner); match !== null; match = labelForm.exec(inner)) {
    end = labelForm.lastIndex;
    labels[match[1] ?? ''] = unescaped(match[2] ?? '');
    if (end >= inner.length) break;
  }
  return inner.slice(end).trim() === '' ? labels : undefined;
}

const infinite = /^[+-]?inf(inity)?$/i;

/** The number of a word: NaN for the words that stand for none, undefined for anything else. */
function numberOf(word: string): number | undefined {
  if (infinite.test(word) || /^nan$/i.test(word)) return Number.NaN;
  const value = word === '' ? Number.NaN : Number(word);
  return Number.isNaN(value) ? undefined : value;
}

/** Problems of one kind are many or none: the first places are named. */
const namedPlaces = 3;

function createProblems() {
  const places = new Map<string, number[]>();
  return {
    note: (what: string, line: number): void => {
      const lines = places.get(what) ?? [];
      lines.push(line);
      places.set(what, lines);
    },
    told: (): string[] =>
      [...places].map(([what, lines]) => {
        const shown = lines.slice(0, namedPlaces).join(', ');
        const more = lines.length > namedPlaces ? ` and ${lines.length - namedPlaces} more` : '';
        return `${what} (line ${shown}${more})`;
      }),
  };
}

function inOrder(series: Series): RecordedSeries {
  const { name, labels, points } = series;
  if (series.ordered) return { name, labels, points };
  // Of two samples of one moment the later line counts.
  return { name, labels, points: [...new Map(points)].toSorted(([a], [b]) => a - b) };
}

function add(series: Series, at: number, value: number): void {
  const last = series.points.at(-1);
  if (last !== undefined && last[0] >= at) series.ordered = false;
  series.points.push([at, value]);
}

/** Of `# TYPE name gauge` and its like. */
const metadataForm = /^# (TYPE|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (\S+)/;

export function parseOpenMetrics(text: string): OpenMetrics {
  const byHead = new Map<string, Series | undefined>();
  const metadata = { TYPE: new Map<string, string>(), UNIT: new Map<string, string>() };
  const problems = createProblems();
  let head = '';
  let series: Series | undefined;
  let ended = false;

  const find = (line: string): boolean => {
    // Most lines go on with the series of the line before.
    if (head !== '' && line.startsWith(head) && line.charCodeAt(head.length) === 0x20) return true;
    const end = endOfHead(line);
    if (end === -1) return false;
    head = line.slice(0, end);
    if (!byHead.has(head)) {
      const labels = labelsOf(head);
      const name = nameForm.exec(head)?.[0] ?? '';
      byHead.set(head, labels === undefined ? undefined : { name, labels, points: [], ordered: true });
    }
    series = byHead.get(head);
    return series !== undefined;
  };

  const readSample = (line: string, number: number): void => {
    if (!find(line) || series === undefined) {
      head = '';
      problems.note('lines that are no sample', number);
      return;
    }
    const [valueWord = '', timeWord = ''] = line.slice(head.length).trim().split(/\s+/, 2);
    const value = numberOf(valueWord);
    const at = timeWord === '#' ? undefined : numberOf(timeWord);
    if (value === undefined) problems.note('lines whose value is no number', number);
    else if (at === undefined || !Number.isFinite(at)) problems.note('samples without a time', number);
    else if (Number.isFinite(value)) add(series, at, value);
  };

  let from = 0;
  for (let number = 1; from < text.length; number += 1) {
    const lineBreak = text.indexOf('\n', from);
    const end = lineBreak === -1 ? text.length : lineBreak;
    const line = text.slice(from, text.charCodeAt(end - 1) === 0x0d ? end - 1 : end);
    from = end + 1;
    if (line === '# EOF') ended = true;
    else if (line.startsWith('#')) {
      const [, what, name = '', word = ''] = metadataForm.exec(line) ?? [];
      if (what === 'TYPE' || what === 'UNIT') metadata[what].set(name, word);
    } else if (line.trim() !== '') readSample(line, number);
  }
  const all = [...byHead.values()].filter((one) => one !== undefined);
  return {
    // The same series may be written in two ways: labels in another order.
    series: merged(all).map(inOrder),
    types: metadata.TYPE,
    units: metadata.UNIT,
    problems: [...(ended ? [] : ['it does not end with # EOF: perhaps it was cut off']), ...problems.told()],
  };
}

/** One entry a name and label set. */
function merged(all: readonly Series[]): Series[] {
  const byKey = new Map<string, Series>();
  for (const one of all) {
    const key = `${one.name}${JSON.stringify(Object.entries(one.labels).sort())}`;
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, one);
    else for (const [at, value] of one.points) add(known, at, value);
  }
  return [...byKey.values()];
}
