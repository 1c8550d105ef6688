import { fileURLToPath } from 'node:url';
import { UnderstudyError } from '#domain/errors.ts';
import { type CliContext, messageStyle } from '../context.ts';
import { diagnoseFolders } from '../diagnose/diagnose-folders.ts';
import { renderDiagnosis } from '../views/diagnosis-view.ts';

/** An incident of the practice range, as `bundle export` wrote it. */
export const recordedIncident = fileURLToPath(new URL('./recorded-incident/', import.meta.url));

/** The diagnosis of the recorded incident, made now by the same agents that will look at the live ones. */
export async function renderRecordedIncident(context: CliContext, signal: AbortSignal): Promise<string> {
  const { words, programName } = context;
  const style = messageStyle(context);
  const [diagnosed] = await Array.fromAsync(diagnoseFolders([recordedIncident], { signal }));
  if (diagnosed === undefined) throw new UnderstudyError('internal', `${recordedIncident} was not read`);
  return [
    '',
    style.paint.strong(words.practice.recorded),
    '',
    renderDiagnosis(diagnosed.diagnosis, style),
    '',
    words.practice.recordedMore(`${programName} diagnose --bundle ${recordedIncident}`),
    '',
  ].join('\n');
}
