import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePrivateFolder, writePrivateFile } from '#machine/private-file.ts';

export type KeyPair = { readonly privateKey: KeyObject; readonly publicKey: KeyObject };

/** Only the server holds these. They are apart so that a token of one kind is never taken for the other. */
export type SigningKeys = {
  /** Signs decisions of authenticated people. */
  readonly decision: KeyPair;
  /** Signs grants. */
  readonly grant: KeyPair;
};

/** The public half of the grant key, which the process that acts checks grants with. */
export const grantPublicKeyFileName = 'grant.public.pem';

/** Writes a file that is not there yet; whoever comes second leaves it as it is. A reader never sees half of it. */
async function createOnce(file: string, text: string): Promise<void> {
  const filling = `${file}.${randomUUID()}.filling`;
  await writeFile(filling, text, { mode: 0o600 });
  try {
    await link(filling, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await unlink(filling);
  }
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function ensureKeyPair(file: string): Promise<KeyPair> {
  if ((await readText(file)) === undefined) {
    const { privateKey } = generateKeyPairSync('ed25519');
    await createOnce(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  }
  const privateKey = createPrivateKey(await readFile(file, 'utf8'));
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

/** The keys of the folder (mode 0600, Ed25519), made where they are missing. */
export async function ensureSigningKeys(keyFolder: string): Promise<SigningKeys> {
  await ensurePrivateFolder(keyFolder);
  const decision = await ensureKeyPair(join(keyFolder, 'decision.private.pem'));
  const grant = await ensureKeyPair(join(keyFolder, 'grant.private.pem'));
  const publicPem = grant.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const publicFile = join(keyFolder, grantPublicKeyFileName);
  await createOnce(publicFile, publicPem);
  // Another private key was put here: its public half goes with it.
  if ((await readText(publicFile)) !== publicPem) await writePrivateFile(publicFile, publicPem);
  return { decision, grant };
}
