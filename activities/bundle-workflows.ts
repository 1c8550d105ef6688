import { writeFile } from 'node:fs/promises';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { dataConverter, workflowInterceptorModules, workflowsPath } from './worker-process.ts';

/** `node activities/bundle-workflows.ts FILE`: writes the workflows' code, with all that they import, into one file. */
const [file = ''] = process.argv.slice(2);
const { code } = await bundleWorkflowCode({
  workflowsPath,
  ...dataConverter,
  workflowInterceptorModules,
  logger: new DefaultLogger('WARN'),
});
await writeFile(file, code, { mode: 0o600 });
