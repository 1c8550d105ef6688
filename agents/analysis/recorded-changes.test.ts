import { describe, expect, it } from 'vitest';
import type { Change } from '#domain/tools/changes.ts';
import { changesOf } from './recorded-changes.ts';

function change(id: string, at: string, more: Partial<Change> = {}): Change {
  return { id, at, kind: 'config', summary: '', details: {}, ...more };
}

describe('changesOf', () => {
  const ref = { kind: 'ConfigMap', namespace: 'shop', name: 'cart' };
  const early = change('ConfigMap/shop/cart@1', '2025-11-21T11:00:00Z');
  const late = change('x', '2025-11-21T12:00:00Z', { summary: 'somebody edited cart.' });

  it('finds what names the object, newest first', () => {
    expect(changesOf([early, late], ref, ['config'])).toEqual([late, early]);
  });

  it('is not taken in by names that are alike, other kinds, namespaces and sorts', () => {
    const others = [
      change('ConfigMap/shop/cart-db@1', early.at),
      change('ConfigMap/shop/big-cart@1', early.at),
      change('cart', early.at, { details: { kind: 'Service' } }),
      change('cart', early.at, { namespace: 'other' }),
      change('cart', early.at, { kind: 'deploy' }),
    ];
    expect(changesOf(others, ref, ['config'])).toEqual([]);
  });
});
