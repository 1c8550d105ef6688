import { fileURLToPath } from 'node:url';
import { type CliContext, messageStyle } from '../context.ts';
import { diagnoseFolders } from '../diagnose/diagnose-folders.ts';
import { renderDiagnosis } from '../views/diagnosis-view.ts';

/** An incident of the practice range, as `bundle export` wrote it. */
export const recordedIncident = fileURLToPath(new URL('./recorded-incident/', import.meta.url));

/** The diagnosis of the recorded incident, made now by the same agents that will look at the live ones. */
export async function renderRecordedIncident(context: CliContext, signal: AbortSignal): Promise<string> {
  const { words, programName } = context;
  const style = messageStyle(context);
  const lines: string[] = ['', style.paint.strong(words.practice.recorded), ''];
  for await (const { diagnosis } of diagnoseFolders([recordedIncident], { signal }))
    lines.push(renderDiagnosis(diagnosis, style), '');
  lines.push(words.practice.recordedMore(`${programName} diagnose --bundle ${recordedIncident}`), '');
  return lines.join('\n');
}
