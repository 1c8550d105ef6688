import { clusterSettingsSchema } from '../kubernetes/settings.ts';
import { runAlone } from '../runtime/run-alone.ts';
import { createChangesServer } from './server.ts';

await runAlone({
  name: 'changes',
  settings: clusterSettingsSchema,
  // Alone it has no store: it tells of what clusters show.
  create: ({ clusters }) => createChangesServer({ clusters, storedChanges: async () => [] }),
});
