import { awsSchema } from '#domain/back-ends.ts';
import { runAlone } from '../runtime/run-alone.ts';
import { createAwsServer } from './server.ts';

await runAlone({ name: 'aws', settings: awsSchema, create: createAwsServer });
