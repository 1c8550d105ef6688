import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useFolder } from '#store/test-folder.ts';
import { ensureSigningKeys, grantPublicKeyFileName } from './signing-keys.ts';

const pemOf = (key: { export(options: { type: 'spki'; format: 'pem' }): string | Buffer }): string =>
  key.export({ type: 'spki', format: 'pem' }).toString();

test('keys are made once, for their owner’s eyes alone, and are the same at the next start', async () => {
  const folder = join(await useFolder(), 'keys');
  const [first, ...others] = await Promise.all(Array.from({ length: 4 }, () => ensureSigningKeys(folder)));
  const again = await ensureSigningKeys(folder);
  if (first === undefined) throw new Error('no keys');
  for (const keys of [...others, again]) {
    expect(pemOf(keys.grant.publicKey)).toBe(pemOf(first.grant.publicKey));
    expect(pemOf(keys.decision.publicKey)).toBe(pemOf(first.decision.publicKey));
  }
  expect(pemOf(first.grant.publicKey)).not.toBe(pemOf(first.decision.publicKey));
  expect(await readFile(join(folder, grantPublicKeyFileName), 'utf8')).toBe(pemOf(first.grant.publicKey));
  for (const name of ['grant.private.pem', 'decision.private.pem'])
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});
