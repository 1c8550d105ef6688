import { fileURLToPath } from 'node:url';
import { workflowBundle } from '#activities/workflow-bundle.ts';

const folder = fileURLToPath(new URL('../../node_modules/.cache/understudy-workflows', import.meta.url));

/** The workflows' code, made once for all tests until it changes. */
export function testBundle(): Promise<{ readonly codePath: string }> {
  return workflowBundle(folder);
}
