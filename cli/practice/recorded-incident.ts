import { fileURLToPath } from 'node:url';
import { openBundle } from '#mcp-tools/bundle/open-bundle.ts';
import { type CliContext, messageStyle } from '../context.ts';
import { diagnoseBundle } from '../diagnose/diagnose-bundle.ts';
import { renderDiagnosis } from '../views/diagnosis-view.ts';

/** An incident of the practice range, as `bundle export` wrote it. */
export const recordedIncident = fileURLToPath(new URL('./recorded-incident/', import.meta.url));

/** The diagnosis of the recorded incident, made now by the same agents that will look at the live ones. */
export async function renderRecordedIncident(context: CliContext, signal: AbortSignal): Promise<string> {
  const { words, programName } = context;
  const style = messageStyle(context);
  const { diagnosis } = await diagnoseBundle(await openBundle(recordedIncident), { signal });
  return [
    '',
    style.paint.strong(words.practice.recorded),
    '',
    renderDiagnosis(diagnosis, style),
    '',
    words.practice.recordedMore(`${programName} diagnose --bundle ${recordedIncident}`),
    '',
  ].join('\n');
}
