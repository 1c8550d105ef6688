/**
 * Grouping accuracy as the literature on log parsing has it: a line is right when the group that was found for it holds
 * exactly the lines of its true group; the share of right lines, 0..1 (J. Zhu et al., "Tools and Benchmarks for Automated
 * Log Parsing", ICSE-SEIP 2019). 1 where there is no line.
 */
export function groupingAccuracy(found: readonly (number | string)[], truth: readonly string[]): number {
  if (found.length !== truth.length) {
    throw new RangeError(`${found.length} lines were grouped, ${truth.length} have a true group`);
  }
  if (found.length === 0) return 1;
  const linesOf = Map.groupBy(found.keys(), (line) => truth[line]);
  const sizes = new Map<number | string, number>();
  for (const group of found) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  let right = 0;
  for (const lines of linesOf.values()) {
    const groups = new Set(lines.map((line) => found[line]));
    const [group] = groups;
    if (groups.size === 1 && group !== undefined && sizes.get(group) === lines.length) right += lines.length;
  }
  return right / found.length;
}
