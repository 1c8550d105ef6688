import { runAlone } from '../runtime/run-alone.ts';
import { createTracesServer } from './server.ts';
import { openTraceStores, traceStoresSchema } from './settings.ts';

await runAlone({
  name: 'traces',
  settings: traceStoresSchema,
  create: (settings) => createTracesServer({ stores: openTraceStores(settings) }),
});
