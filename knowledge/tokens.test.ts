import { expect, test } from 'vitest';
import { synonymGroups } from './synonyms.ts';
import { documentTerms, queryTerms } from './tokens.ts';

test('Chinese is cut into characters and pairs, English into words and the parts of names', () => {
  expect(documentTerms('磁盘空间不足')).toEqual(
    expect.arrayContaining(['磁', '磁盘', '盘空', '空间', '间不', '不足']),
  );
  expect(documentTerms('KubePodCrashLooping')).toEqual(
    expect.arrayContaining(['kubepodcrashlooping', 'kube', 'pod', 'crash', 'looping']),
  );
});

test('words that tell nothing are left out', () => {
  expect(documentTerms('the pods of this node are down')).toEqual(['pods', 'node', 'down']);
  expect(documentTerms('的了是')).not.toEqual(expect.arrayContaining(['的', '了', '是']));
});

test('a question also asks with the other words for the same, in both languages, which count less', () => {
  const terms = queryTerms('消息堆积');
  expect(terms.get('堆积')).toBe(1);
  expect(terms.get('积压')).toBe(0.5);
  expect(terms.get('lag')).toBe(0.5);
  expect(queryTerms('rollback').get('回滚')).toBe(0.5);
  expect(queryTerms('Pod 掉线').get('notready')).toBe(0.5);
});

test('a synonym is found as a word, not inside another one', () => {
  expect(queryTerms('feature flag').has('积压')).toBe(false);
  expect(queryTerms('consumer lag').has('积压')).toBe(true);
});

test('no word stands in two groups by accident, which would join what is not the same', () => {
  const words = synonymGroups.flat();
  const twice = words.filter((word, index) => words.indexOf(word) !== index);
  expect(twice).toEqual([]);
});
