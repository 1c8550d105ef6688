import { runAlone } from '../run-alone.ts';
import { createFixtureServer, fixtureSettingsSchema } from './fixture-server.ts';

await runAlone({
  name: 'prometheus',
  settings: fixtureSettingsSchema,
  create: (settings) => createFixtureServer(settings),
});
