import { runAlone } from '../runtime/run-alone.ts';
import { createPrometheusServer } from './server.ts';
import { prometheusSettingsSchema } from './settings.ts';

await runAlone({ name: 'prometheus', settings: prometheusSettingsSchema, create: createPrometheusServer });
