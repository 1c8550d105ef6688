import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { causeCodeSchema } from '#domain/causes/catalogue.ts';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import type { NewRunbook } from '#store/runbooks.ts';

/** The runbooks that come with Understudy. */
export const shippedRunbooksFolder = fileURLToPath(new URL('runbooks', import.meta.url));

const frontMatterSchema = z.strictObject({
  title: z.string().min(1),
  titleZh: z.string().min(1).optional(),
  causes: z.array(causeCodeSchema).min(1),
});

/**
 * One runbook of a Markdown text with YAML front matter (`title`, `titleZh`, `causes`).
 * @param id its file's name without `.md`
 */
export function parseRunbook(id: string, text: string): NewRunbook {
  const [, head, body] = /^---\r?\n(.*?)\r?\n---\r?\n(.*)$/s.exec(text) ?? [];
  const refuse = (why: string, cause?: unknown) =>
    new UnderstudyError('bad-input', `runbook ${id}.md: ${why}`, { cause });
  if (head === undefined || body === undefined)
    throw refuse('it must begin with front matter between --- lines');
  let parsed: unknown;
  try {
    parsed = parse(head);
  } catch (error) {
    throw refuse(`its front matter is no YAML: ${messageOf(error)}`, error);
  }
  const front = frontMatterSchema.safeParse(parsed);
  if (!front.success) {
    const issues = front.error.issues.map(
      (issue) => `${issue.path.join('.') || 'all of it'}: ${issue.message}`,
    );
    throw refuse(issues.join('; '), front.error);
  }
  const { title, titleZh, causes } = front.data;
  return { id, title: titleZh === undefined ? title : `${title} · ${titleZh}`, causes, text: body.trim() };
}

/** Every `*.md` of a folder, by name. Throws `bad-input` that names the file and what is wrong with it. */
export async function loadRunbooks(folder: string = shippedRunbooksFolder): Promise<NewRunbook[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md')).sort();
  return await Promise.all(
    names.map(async (name) =>
      parseRunbook(name.slice(0, -'.md'.length), await readFile(join(folder, name), 'utf8')),
    ),
  );
}
