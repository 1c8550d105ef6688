import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export type ApiKeyParts = { readonly id: string; readonly secret: string };
export type NewApiKeySecret = ApiKeyParts & {
  /** What is handed out, once. */
  readonly text: string;
  /** What is kept. */
  readonly secretHash: string;
};

const keyPattern = /^us_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** SHA-256, hex. Enough for a secret of 256 random bits, which nobody can try out; passwords would need a slow hash. */
export function hashOfSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** A new key: `us_<id>_<secret>`. */
export function newApiKey(): NewApiKeySecret {
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { id, secret, text: `us_${id}_${secret}`, secretHash: hashOfSecret(secret) };
}

/** The parts of a key, or undefined where the text is none. */
export function parseApiKey(text: string): ApiKeyParts | undefined {
  const [, id, secret] = keyPattern.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** Compares in constant time. */
export function matchesHash(secret: string, secretHash: string): boolean {
  const given = Buffer.from(hashOfSecret(secret), 'hex');
  const kept = Buffer.from(secretHash, 'hex');
  return given.length === kept.length && timingSafeEqual(given, kept);
}
