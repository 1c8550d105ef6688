import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { storeKnowledge } from '#knowledge/store-knowledge.ts';
import { openStore } from '#store/pool.ts';
import { runAlone } from '../runtime/run-alone.ts';
import { createKnowledgeServer } from './server.ts';

const settings = z.strictObject({ tenant: z.string().min(1).default('default') });

await runAlone({
  name: 'knowledge',
  settings,
  create: ({ tenant }) => {
    // It holds a password, so it does not stand in the settings file.
    const databaseUrl = process.env.DATABASE_URL;
    if (databaseUrl === undefined || databaseUrl === '') {
      throw new UnderstudyError('configuration', 'set DATABASE_URL to the database with cases and runbooks');
    }
    const store = openStore({ databaseUrl, applicationName: 'understudy-knowledge', poolSize: 2 });
    return createKnowledgeServer({ source: storeKnowledge(store, tenant) });
  },
});
