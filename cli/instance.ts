import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { readRuntime, stateFolderPath } from '#machine/state-folder.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import type { CliContext } from './context.ts';

/** What a running instance says about itself in `runtime.json`. */
export const runtimeSchema = z.object({
  serverUrl: z.string(),
  apiKeyFile: z.string(),
  /** With the practice range alone. */
  approverKeyFile: z.string().optional(),
  temporalUiUrl: z.string().optional(),
  prometheusUrl: z.string().optional(),
  alertmanagerUrl: z.string().optional(),
});
export type Runtime = z.infer<typeof runtimeSchema>;

type Place = { readonly url: string; readonly apiKeyFile: string };

/** UNDERSTUDY_URL and UNDERSTUDY_API_KEY_FILE, else what runs in the state folder. Throws `unavailable` for neither. */
async function findInstance({ environment, cwd, words }: CliContext): Promise<Place> {
  const stateFolder = stateFolderPath({ env: environment, workingFolder: cwd });
  const runtime = await readRuntime(stateFolder, runtimeSchema);
  const url = environment.UNDERSTUDY_URL ?? '';
  const keyFile = environment.UNDERSTUDY_API_KEY_FILE ?? '';
  if (url !== '' && !URL.canParse(url))
    throw new UnderstudyError('configuration', words.instance.notUrl(url));
  // The key of the instance here is for no other server.
  if (url !== '' && keyFile === '') throw new UnderstudyError('configuration', words.instance.noKeyFile);
  if (url === '' && runtime === undefined)
    throw new UnderstudyError('unavailable', words.instance.none(stateFolder));
  return {
    url: url === '' ? (runtime?.serverUrl ?? '') : url,
    apiKeyFile: keyFile === '' ? (runtime?.apiKeyFile ?? '') : resolve(cwd, keyFile),
  };
}

/** A client for the instance that this terminal speaks of. */
export async function connect(context: CliContext, signal: AbortSignal = context.signal): Promise<ApiClient> {
  const place = await findInstance(context);
  return connectTo(place, context, signal);
}

/** A client for an instance that is known, with the key in the file. Throws `configuration` where there is none. */
export async function connectTo(
  place: Place,
  { words }: Pick<CliContext, 'words'>,
  signal: AbortSignal,
): Promise<ApiClient> {
  const apiKey = await readFile(place.apiKeyFile, 'utf8').catch((error: unknown) => {
    const message = words.instance.keyUnreadable(place.apiKeyFile, messageOf(error));
    throw new UnderstudyError('configuration', message, { cause: error });
  });
  return createApiClient({ url: place.url, apiKey: apiKey.trim(), words }, signal);
}
