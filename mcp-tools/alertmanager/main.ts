import { z } from 'zod';
import { runAlone } from '../runtime/run-alone.ts';
import { createAlertmanagerServer } from './server.ts';

/** `url`: address of the Alertmanager, without `/api/v2`. */
const settings = z.strictObject({ url: z.url() });

await runAlone({ name: 'alertmanager', settings, create: createAlertmanagerServer });
