/**
 * What performance data of a database says: which statements and which waits make up its load. Load is average active
 * sessions, as Oracle's and Amazon's performance pages count it (Yao Wood et al., "Automatic Performance Diagnosis and Tuning
 * in Oracle", CIDR 2005). Providers word it differently, so it is looked for by form: things with a load, whose name is a
 * statement or a wait.
 */
export type Wait = { readonly name: string; readonly load: number };
export type Statement = { readonly text: string; readonly load: number; readonly waits: readonly Wait[] };
export type Insights = { readonly statements: readonly Statement[]; readonly waits: readonly Wait[] };

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const statementFields = /^(statement|sql|query|sql_text|statement_text|digest_text|db\.sql\.statement)$/i;
const waitFields = /^(name|wait_event|event|wait|db\.wait_event\.name)$/i;
const loadFields = /^(db_load_avg|db_load|load|avg_load|aas|average_active_sessions|value|total)$/i;

function stringIn(fields: Fields, names: RegExp): string | undefined {
  return Object.entries(fields)
    .filter(([name]) => names.test(name))
    .map(([, value]) => value)
    .find((value): value is string => typeof value === 'string' && value !== '');
}

function loadIn(fields: Fields): number | undefined {
  return Object.entries(fields)
    .filter(([name]) => loadFields.test(name))
    .map(([, value]) => value)
    .find((value): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0);
}

/** Waits are written as `Type:Event`, or are named with their type beside them. */
function waitOf(fields: Fields): Wait | undefined {
  const name = stringIn(fields, waitFields);
  const load = loadIn(fields);
  if (name === undefined || load === undefined) return undefined;
  const type = typeof fields.type === 'string' ? fields.type : fields.wait_event_type;
  if (/^[\w ]+[:/][\w/ ]+$/.test(name)) return { name, load };
  return typeof type === 'string' ? { name: `${type}:${name}`, load } : undefined;
}

const mostDepth = 8;

function* objectsIn(value: unknown, depth = 0): Generator<Fields> {
  if (depth > mostDepth) return;
  if (Array.isArray(value)) {
    for (const item of value) yield* objectsIn(item, depth + 1);
  } else if (isFields(value)) {
    yield value;
    for (const field of Object.values(value)) yield* objectsIn(field, depth + 1);
  }
}

function statementOf(fields: Fields): Statement | undefined {
  const text = stringIn(fields, statementFields);
  const load = loadIn(fields);
  if (text === undefined || load === undefined) return undefined;
  const inner = Object.values(fields).flatMap((field) => [...objectsIn(field, 1)]);
  return { text, load, waits: inner.flatMap((one) => waitOf(one) ?? []) };
}

/** Statements and waits of a database, the heaviest first. Waits that belong to a statement are not counted again. */
export function readInsights(insights: readonly unknown[]): Insights {
  const statements: Statement[] = [];
  const waits: Wait[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (depth > mostDepth) return;
    if (Array.isArray(value)) {
      for (const item of value) visit(item, depth + 1);
      return;
    }
    if (!isFields(value)) return;
    const statement = statementOf(value);
    if (statement !== undefined) {
      statements.push(statement);
      return;
    }
    const wait = waitOf(value);
    if (wait !== undefined) waits.push(wait);
    for (const field of Object.values(value)) visit(field, depth + 1);
  };
  visit(insights, 0);
  const heaviest = <T extends { readonly load: number }>(items: readonly T[]) =>
    items.toSorted((a, b) => b.load - a.load);
  const all = waits.length > 0 ? waits : statements.flatMap((statement) => statement.waits);
  return { statements: heaviest(statements), waits: heaviest(all) };
}

/** Part of the load that waits of a kind make up; 0 where nothing is known. */
export function waitPart(waits: readonly Wait[], kind: RegExp): number {
  const all = waits.reduce((sum, { load }) => sum + load, 0);
  const own = waits.filter(({ name }) => kind.test(name)).reduce((sum, { load }) => sum + load, 0);
  return all === 0 ? 0 : own / all;
}

export const waitKinds = {
  cpu: /^cpu\b|:cpu\b|\bcpu$/i,
  read: /datafileread|io\/table|innodb_data_file|db file .*read|^io:.*read/i,
  log: /wal(write|sync|insert)|log_?(write|flush|sync|file)|redo|checkpoint|buffersync|buffermapping|syncfile/i,
  lock: /^lock\b|lock:(transactionid|tuple|relation|extend)|row.?lock|enq: |metadata.?lock|innodb_row/i,
  client: /client:|clientread|idle.?in.?transaction/i,
  replication: /syncrep|semi.?sync|replica/i,
} as const satisfies Readonly<Record<string, RegExp>>;
