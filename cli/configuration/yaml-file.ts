import { readFile } from 'node:fs/promises';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import type { Words } from '../words/words.ts';

export type YamlFile = {
  readonly path: string;
  readonly value: unknown;
  /** `understudy.yaml:12`, for a key inside. */
  whereIs(path: readonly (string | number)[]): string;
};

/** Reads a YAML file; undefined where there is none. Throws `configuration` with the line of a syntax error. */
export async function readYamlFile(
  path: string,
  shownPath: string,
  words: Words,
): Promise<YamlFile | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new UnderstudyError('configuration', words.configuration.unreadable(shownPath, messageOf(error)), {
      cause: error,
    });
  });
  if (text === undefined) return undefined;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): string => `${shownPath}:${lines.linePos(offset).line}`;
  const broken = document.errors[0];
  if (broken !== undefined) {
    throw new UnderstudyError(
      'configuration',
      words.configuration.notYaml(lineAt(broken.pos[0]), broken.message),
    );
  }
  return {
    path,
    value: document.toJS() ?? {},
    whereIs: (keys) => {
      const node = document.getIn(keys, true);
      const start = isNode(node) ? node.range?.[0] : undefined;
      return start === undefined ? shownPath : lineAt(start);
    },
  };
}
