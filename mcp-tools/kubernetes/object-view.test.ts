import { expect, test } from 'vitest';
import { viewOf } from './object-view.ts';

const copy = '{"kind":"Secret","data":{"password":"aHVudGVyMg=="}}';
const annotations = {
  'kapp.k14s.io/original': copy,
  'objectset.rio.cattle.io/applied': copy,
  'meta.helm.sh/release-name': 'shop',
};

test('a Secret keeps the names of its annotations, and values only of those that hold no copy of it', () => {
  const raw = { metadata: { name: 'db', annotations }, data: { password: 'aHVudGVyMg==' } };
  const shown = viewOf(raw, { apiVersion: 'v1', kind: 'Secret' });
  expect(JSON.stringify(shown)).not.toContain('aHVudGVyMg');
  expect(shown.metadata.annotations).toEqual({
    'kapp.k14s.io/original': '[redacted:secret-value]',
    'objectset.rio.cattle.io/applied': '[redacted:secret-value]',
    'meta.helm.sh/release-name': 'shop',
  });
});

test('other objects keep their annotations', () => {
  const shown = viewOf({ metadata: { name: 'x', annotations } }, { apiVersion: 'v1', kind: 'ConfigMap' });
  expect(shown.metadata.annotations).toEqual(annotations);
});
