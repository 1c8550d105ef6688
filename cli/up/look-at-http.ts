import { fetch } from 'undici';
import type { z } from 'zod';
import type { Words } from '../words/words.ts';
import type { Found } from './system-check.ts';

export type HttpLook = {
  readonly path: string;
  /** What only this kind of server answers. */
  readonly answer: z.ZodType;
  readonly kind: string;
};

/** Whether a server answers as its kind does. Throws where it does not. */
export async function lookAtHttp(
  base: string,
  look: HttpLook & {
    readonly signal: AbortSignal;
    readonly words: Words;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<Found> {
  const { path, answer, kind, signal, headers = {} } = look;
  const { doctor } = look.words;
  const response = await fetch(`${base.replace(/\/+$/, '')}/${path}`, { signal, headers });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok || !answer.safeParse(body).success)
    throw new Error(doctor.notThat(kind, `HTTP ${response.status}`));
  return { state: 'ok', text: doctor.answers(base) };
}
