import { expect, test } from 'vitest';
import { actionNames } from '#domain/actions/catalogue.ts';
import { causeCodeSchema, causeNamed, causes } from './catalogue.ts';
import { causeAreas, causeCodes } from './codes.ts';
import { fixVerbs } from './define-causes.ts';

test('every code has exactly one entry and no entry is without a code', () => {
  expect(causes.map((cause) => cause.code).sort()).toEqual([...causeCodes].sort());
  expect(causeCodes.length).toBeGreaterThan(180);
  for (const code of causeCodes) expect(causeNamed(code).code).toBe(code);
});

test('every area has a place for what is not listed', () => {
  for (const area of Object.keys(causeAreas)) {
    expect(causeCodeSchema.safeParse(`${area}.other`).success, area).toBe(true);
  }
});

test.each(causes.map((cause) => [cause.code, cause] as const))(
  '%s says in both languages what it is, what shows it and what would speak against it',
  (code, cause) => {
    expect(code.startsWith(`${cause.area}.`)).toBe(true);
    expect(cause.title.en).toMatch(/^[\x20-\x7e]{8,}$/);
    expect(cause.title.zh).toMatch(/\p{Script=Han}/u);
    expect(cause.kinds.length).toBeGreaterThan(0);
    expect(new Set(cause.kinds).size).toBe(cause.kinds.length);
    expect(cause.proves.length).toBeGreaterThan(0);
    expect(cause.excludes.length).toBeGreaterThan(0);
    for (const verb of cause.fixes) expect(fixVerbs).toContain(verb);
  },
);

test('titles are unique, so that a person can tell two causes apart', () => {
  for (const language of ['en', 'zh'] as const) {
    const titles = causes.map((cause) => cause.title[language]);
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
  }
});

test('every action of the catalogue is a verb that mends some cause', () => {
  const used = new Set<string>(causes.flatMap((cause) => cause.fixes));
  for (const name of actionNames) {
    expect(fixVerbs, name).toContain(name);
    expect(used, name).toContain(name);
  }
});
