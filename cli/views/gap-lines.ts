/** `tool: what, what: why`, as gaps are told. */
function partsOf(gap: string): { readonly whats: readonly string[]; readonly why: string } | undefined {
  const end = gap.lastIndexOf(': ');
  if (end < 0) return undefined;
  const named = gap.slice(0, end).split(': ').at(-1) ?? '';
  return { whats: named.split(', '), why: gap.slice(end + 2) };
}

/**
 * Gaps as a person reads them: those with one reason in one line, each thing once. One that nothing else shares a reason with
 * stays as it was told.
 */
export function gapLines(gaps: readonly string[]): string[] {
  const byReason = Map.groupBy(gaps, (gap) => partsOf(gap)?.why ?? gap);
  return [...byReason].flatMap(([why, members]) => {
    if (members.length === 1) return members;
    const whats = members.flatMap((gap) => partsOf(gap)?.whats ?? []);
    return [`${why}: ${[...new Set(whats)].join(', ')}`];
  });
}
