import { meaningOfName } from '#domain/metric-words.ts';
import type { SeriesInfo } from '#domain/tools/prometheus.ts';

/** What the tools tell of a series of which only the name is known. */
export function guessedOf(name: string): Pick<SeriesInfo, 'signal' | 'badWhen' | 'guessed'> {
  const { signal, badWhen } = meaningOfName(name);
  return { signal, badWhen, guessed: true };
}
