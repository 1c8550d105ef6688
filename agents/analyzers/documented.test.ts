import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { causeAreas } from '#domain/causes/codes.ts';

const page = readFileSync(new URL('../../docs/diagnosing.md', import.meta.url), 'utf8');

describe('the documentation of what is found', () => {
  it('has every code, and none that there is not', () => {
    const rows = [...page.matchAll(/^\| `([a-z-]+)\.` \| (.*) \|$/gm)].map(([, area, codes = '']) => [
      area,
      [...codes.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code),
    ]);
    expect(Object.fromEntries(rows)).toEqual(causeAreas);
  });
});
