/** Two sums over words and their places: sums, so that one word can be left out without a second pass. */
export function laneA(place: number, word: number): number {
  return Math.imul(word ^ Math.imul(place + 1, 0x9e3779b1), 0x85ebca6b);
}

export function laneB(place: number, word: number): number {
  const mixed = Math.imul(word ^ (word >>> 16) ^ Math.imul(place + 7, 0x27d4eb2f), 0xc2b2ae35);
  return mixed ^ (mixed >>> 15);
}

/** 52 bits of both sums. */
export function keyOf(a: number, b: number): number {
  return (a >>> 0) * 0x100000 + (b >>> 12);
}

export function keyOfWords(words: Int32Array, count: number): number {
  let a = 0;
  let b = 0;
  for (let i = 0; i < count; i += 1) {
    a = (a + laneA(i, words[i] ?? 0)) | 0;
    b = (b + laneB(i, words[i] ?? 0)) | 0;
  }
  return keyOf(a, b);
}
