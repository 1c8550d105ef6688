import type { Configuration } from '#domain/configuration.ts';

/** The user's own systems and rules: practice brings its own of each, and never touches these. */
export const notForPractice: readonly (keyof Configuration)[] = [
  'databaseUrl',
  'temporal',
  'clusters',
  'prometheusUrl',
  'alertmanagerUrl',
  'loki',
  'elasticsearch',
  'jaeger',
  'tempo',
  'aws',
  'readOnly',
  'policyFile',
  'serviceCatalogueFile',
  'serviceCatalogue',
];
