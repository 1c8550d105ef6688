/** Levenshtein distance: how many characters must be added, taken away or exchanged. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, charA] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, charB] of [...b].entries()) {
      const exchanged = (row[j] ?? 0) + (charA === charB ? 0 : 1);
      next.push(Math.min(exchanged, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** The known words that are nearest to a word, at most three, none that is far from it. */
export function nearestWords(word: string, known: readonly string[]): string[] {
  const lower = word.toLowerCase();
  const farthest = Math.max(1, Math.floor(lower.length / 3));
  return [...new Set(known)]
    .map((candidate) => {
      const contains = candidate.includes(lower) || lower.includes(candidate);
      return { candidate, distance: contains ? 1 : editDistance(lower, candidate.toLowerCase()) };
    })
    .filter(({ distance }) => distance <= farthest)
    .toSorted((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}
