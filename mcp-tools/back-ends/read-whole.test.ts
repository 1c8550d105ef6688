import { expect, test } from 'vitest';
import { pageMaxBytes } from '#domain/tools/define-tool.ts';
import { createWholeReader } from './read-whole.ts';

const context = { signal: AbortSignal.timeout(60_000) };

/** Reads to the end, page by page; and how often the back end was asked, for which moments. */
async function readAll(items: readonly string[], limit: number) {
  const readWhole = createWholeReader<string>();
  const moments: number[] = [];
  const found: string[] = [];
  const pages: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await readWhole({ limit, cursor }, context, async (nowMs) => {
      moments.push(nowMs);
      return { items, gaps: ['a gap'], truncated: false };
    });
    found.push(...page.items);
    pages.push(page.items.length);
    expect([page.gaps, page.total]).toEqual([['a gap'], items.length]);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return { found, pages, moments };
}

const numbered = Array.from({ length: 25 }, (_, index) => `item ${index}`);

test('a listing is read once, however many pages it has', async () => {
  const { found, pages, moments } = await readAll(numbered, 10);
  expect(found).toEqual(numbered);
  expect([pages, moments.length]).toEqual([[10, 10, 5], 1]);
});

test('pages are short enough that nobody cuts them', async () => {
  const large = numbered.map((text) => `${text} ${'x'.repeat(pageMaxBytes / 10)}`);
  const { found, pages, moments } = await readAll(large, 100);
  expect(found).toEqual(large);
  expect(Math.max(...pages)).toBeLessThan(10);
  expect(moments).toHaveLength(1);
});

test('a page whose listing is not kept any more is read again, for the moment of the first', async () => {
  const moments: number[] = [];
  const read = async (nowMs: number) => {
    moments.push(nowMs);
    return { items: numbered, gaps: [], truncated: true };
  };
  const first = await createWholeReader<string>()({ limit: 10 }, context, read);
  const second = await createWholeReader<string>()({ limit: 10, cursor: first.nextCursor }, context, read);
  expect(second.items).toEqual(numbered.slice(10, 20));
  expect(moments[1]).toBe(moments[0]);
  expect([first.truncated, second.truncated]).toEqual([true, true]);
});

test('what to try is said where nothing was found alone; a cursor of somebody else is refused', async () => {
  const readWhole = createWholeReader<string>();
  const whole = { gaps: [], truncated: false, hint: 'look elsewhere' };
  expect(await readWhole({ limit: 10 }, context, async () => ({ ...whole, items: [] }))).toMatchObject({
    hint: 'look elsewhere',
  });
  expect(
    await readWhole({ limit: 10 }, context, async () => ({ ...whole, items: ['one'] })),
  ).not.toHaveProperty('hint');
  const foreign = readWhole({ limit: 10, cursor: '7' }, context, async () => ({ ...whole, items: [] }));
  await expect(foreign).rejects.toMatchObject({ code: 'bad-input' });
});
