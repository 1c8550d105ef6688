/** What the characters of a log line are, by their codes. */

export const charClass = { sign: 0, letter: 1, digit: 2, blank: 3 } as const;

const classes = new Uint8Array(128);
for (let char = 0; char < 128; char += 1) {
  if ((char >= 65 && char <= 90) || (char >= 97 && char <= 122)) classes[char] = charClass.letter;
  else if (char >= 48 && char <= 57) classes[char] = charClass.digit;
  else if (char <= 32) classes[char] = charClass.blank;
}

/** Signs are those of ASCII; whatever lies beyond counts as a letter, the blanks there excepted. */
export function classOf(char: number): number {
  if (char < 128) return classes[char] ?? charClass.sign;
  return char === 0xa0 || char === 0x3000 ? charClass.blank : charClass.letter;
}

export function isAlphanumeric(char: number): boolean {
  const found = classOf(char);
  return found === charClass.letter || found === charClass.digit;
}

export type CharSet = Uint8Array;

/** A set of ASCII characters. */
export function charSet(chars: string): CharSet {
  const set = new Uint8Array(128);
  for (const char of chars) set[char.charCodeAt(0)] = 1;
  return set;
}

export function isIn(set: CharSet, char: number): boolean {
  return char < 128 && set[char] === 1;
}

/** The place of the sign that closes the group that opens at `from`, which may hold others of its kind; -1 if none does within `chars`. */
export function closingOf(text: string, from: number, open: number, close: number, chars: number): number {
  const limit = Math.min(text.length, from + chars);
  let depth = 0;
  for (let i = from; i < limit; i += 1) {
    const char = text.charCodeAt(i);
    if (char === open) depth += 1;
    else if (char === close) {
      depth -= 1;
      if (depth === 0) return i;
    }
  }
  return -1;
}
