import { readFile } from 'node:fs/promises';
import { messageOf, UnderstudyError } from '#domain/errors.ts';

/**
 * Headers with which a back end lets us in. The file holds the value of `Authorization` (`Bearer …`, `ApiKey …`,
 * `Basic …`) and is read for every request: tokens are renewed while we run.
 * @param more headers that are no secret, such as a tenant's
 */
export function headersFrom(
  authorizationFile: string | undefined,
  more: Readonly<Record<string, string>> = {},
): () => Promise<Readonly<Record<string, string>>> {
  return async () => {
    if (authorizationFile === undefined) return more;
    return { ...more, authorization: await readAuthorization(authorizationFile) };
  };
}

async function readAuthorization(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UnderstudyError('configuration', `authorizationFile cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  });
  const value = text.trim();
  // The value itself is a secret: what is wrong with it is said without it.
  if (!/^[A-Za-z][\w-]* \S+$/.test(value)) {
    const form = 'one line such as "Bearer …", "ApiKey …" or "Basic …"';
    throw new UnderstudyError('configuration', `authorizationFile ${file} does not hold ${form}`);
  }
  return value;
}
