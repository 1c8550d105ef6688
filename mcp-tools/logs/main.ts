import { runAlone } from '../runtime/run-alone.ts';
import { createLogsServer } from './server.ts';
import { logsSettingsSchema, openLogStores } from './settings.ts';

await runAlone({
  name: 'logs',
  settings: logsSettingsSchema,
  create: ({ clusters, ...stores }) => createLogsServer({ clusters, stores: openLogStores(stores) }),
});
