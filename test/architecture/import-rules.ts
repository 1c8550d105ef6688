import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cruise, type ICruiseResult, type IRegularForbiddenRuleType } from 'dependency-cruiser';

/** What the files of a room, or of a part of it, may import besides the room itself. */
type ImportsOf = {
  /** A room, or a path in one: `workflows/contracts.ts`. */
  files: string;
  /** Rooms, or files in them. */
  may: readonly string[];
  /** Rooms of which only types may be imported. */
  typesOf?: readonly string[];
  /** npm packages; absent: any that package.json lists. */
  packages?: readonly string[];
  /** Whether Node's own modules may be imported; default yes. */
  builtIns?: false;
};

const rooms = [
  'activities',
  'agents',
  'cli',
  'console',
  'domain',
  'knowledge',
  'machine',
  'mcp-tools',
  'range',
  'server',
  'store',
  'temporal-dev',
  'test',
  'workflows',
];

const sandboxed = { packages: ['zod', '@noble/hashes'], builtIns: false } as const;
const workflowPackages = ['@temporalio/workflow', '@temporalio/common', 'zod'];
const handsOfWorkflows = ['agents', 'mcp-tools', 'knowledge', 'store', 'domain', 'workflows/contracts.ts'];
/** The server keeps keys in files of its own. */
const serverRooms = ['store', 'knowledge', 'domain', 'workflows/contracts.ts', 'machine/private-file.ts'];
const cliRooms = ['domain', 'machine', 'range', 'temporal-dev'];

/** Who may import whom. A row for a part of a room goes before its room's. */
const table: readonly ImportsOf[] = [
  { files: 'domain', may: [], ...sandboxed },
  {
    files: 'workflows',
    may: ['domain'],
    typesOf: ['activities'],
    packages: workflowPackages,
    builtIns: false,
  },
  { files: 'agents', may: ['domain'], typesOf: ['knowledge'] },
  // Run alone, these servers put their own store together.
  { files: 'mcp-tools/knowledge/main.ts', may: ['domain', 'knowledge', 'store'] },
  { files: 'mcp-tools/kubernetes-actions/main.ts', may: ['domain', 'store'] },
  { files: 'mcp-tools', may: ['domain'] },
  { files: 'knowledge', may: ['domain', 'store'] },
  { files: 'store/embedded', may: ['domain', 'machine'] },
  { files: 'store', may: ['domain'] },
  { files: 'activities/(actions-)?worker.ts', may: [...handsOfWorkflows, 'machine'] },
  { files: 'activities', may: handsOfWorkflows },
  { files: 'server/main.ts', may: [...serverRooms, 'machine'] },
  { files: 'server', may: serverRooms },
  { files: 'machine', may: ['domain'] },
  { files: 'temporal-dev', may: ['domain', 'machine'] },
  { files: 'range', may: ['domain', 'machine'] },
  // These commands are Understudy itself in one process or more, so they compose it.
  {
    files: 'cli/(up|diagnose|analyze|eval|bundle)',
    may: rooms.filter((room) => !['console', 'test'].includes(room)),
  },
  { files: 'cli', may: cliRooms, typesOf: ['server'] },
  { files: 'console', may: [], typesOf: ['server'] },
];

/** Tests and what only they use stand beside the code and may import what they need. */
const testFiles = '\\.test\\.tsx?$|(^|/)test-[^/]+\\.ts$|/testing/|^test/';

export const importRules: readonly IRegularForbiddenRuleType[] = [
  ...table.flatMap(rulesOf),
  {
    name: 'resolvable',
    comment: 'An import that leads nowhere is also one that no other rule can judge.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'declared',
    comment: 'A package that only another package brought along may be gone, or another version, tomorrow.',
    severity: 'error',
    from: {},
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'no-dev-dependency',
    comment: 'Development packages are not in the image.',
    severity: 'error',
    from: { pathNot: testFiles },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  },
];

function rulesOf(row: ImportsOf, index: number): IRegularForbiddenRuleType[] {
  const parts = table.slice(0, index).map((earlier) => earlier.files);
  const ownParts = parts.filter((part) => part.startsWith(`${row.files}/`)).map(asPattern);
  const from = { path: asPattern(row.files), pathNot: [testFiles, ...ownParts] };
  const [room = ''] = row.files.split('/');
  const types = row.typesOf ?? [];
  const allowed = [room, ...row.may, ...types].map(asPattern);
  const rule = (what: string, to: IRegularForbiddenRuleType['to']): IRegularForbiddenRuleType => ({
    name: `${row.files}: ${what}`,
    severity: 'error',
    from,
    to,
  });
  const rules = [rule('rooms', { path: rooms.map(asPattern), pathNot: allowed })];
  if (types.length > 0) {
    rules.push(rule('types only', { path: types.map(asPattern), dependencyTypesNot: ['type-only'] }));
  }
  if (row.packages !== undefined) {
    const packages = row.packages.map((name) => `^node_modules/${name}/`);
    rules.push(rule('packages', { path: '^node_modules/', pathNot: packages }));
  }
  if (row.builtIns === false) rules.push(rule('built-ins', { dependencyTypes: ['core'] }));
  return rules;
}

function asPattern(path: string): string {
  return path.endsWith('.ts') ? `^${path.replaceAll('.', '\\.')}$` : `^${path}/`;
}

/**
 * Follows the imports of every room under a folder and judges them by {@link importRules}.
 * dependency-cruiser does not know TypeScript 7; swc parses for it.
 */
export async function judgeImports(folder: string): Promise<ICruiseResult> {
  const found = rooms.filter((room) => existsSync(join(folder, room)));
  const { output } = await cruise(found, {
    baseDir: resolve(folder),
    parser: 'swc',
    tsPreCompilationDeps: true,
    // A package.json of a part (an image's) adds to the project's; it does not replace it.
    combinedDependencies: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
      conditionNames: ['node', 'import', 'default', 'types'],
      exportsFields: ['exports'],
    },
    validate: true,
    ruleSet: { forbidden: [...importRules] },
  });
  if (typeof output === 'string') throw new Error('dependency-cruiser answered with text');
  return output;
}
