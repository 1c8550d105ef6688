/** Fields of a line of CSV (RFC 4180, one record a line): those in quotes may hold commas, and quotes twice. */
function fieldsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    (match) => match[1]?.replaceAll('""', '"') ?? match[2] ?? '',
  );
}

/** The true group of each line, from the column `EventId` of a structured log. */
export function eventIdsOf(csv: string): string[] {
  const [head = '', ...rows] = csv.replace(/\r?\n$/, '').split(/\r?\n/);
  const column = fieldsOf(head).indexOf('EventId');
  if (column < 0) throw new Error('structured.csv: its first line names no column EventId');
  return rows.map((row, index) => {
    const id = fieldsOf(row)[column];
    if (id === undefined || id === '') throw new Error(`structured.csv: line ${index + 2} has no EventId`);
    return id;
  });
}
