import { measureDiagnosis } from './diagnosis.ts';
import { measureMemory } from './memory.ts';
import { withPracticeInstance } from './practice-instance.ts';

/** What is measured on a running practice range: the memory of a first incident, then many incidents. */
const wanted = process.argv.slice(2);
const isWanted = (part: string): boolean =>
  wanted.length === 0 || wanted.some((name) => name.startsWith(part));

await withPracticeInstance(async (instance) => {
  if (isWanted('memory.')) await measureMemory(instance);
  if (isWanted('diagnosis.')) await measureDiagnosis(instance);
});
