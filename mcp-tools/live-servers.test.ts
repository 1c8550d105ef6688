import { expect, test } from 'vitest';
import { liveServers } from './live-servers.ts';

const nobody = 'http://127.0.0.1:1';
const cluster = { name: 'prod', kubeconfig: '/nowhere/kubeconfig' };
const none = { clusters: [], backEnds: {}, storedChanges: async () => [] };

const namesOf = (system: Partial<Parameters<typeof liveServers>[0]>): string[] =>
  liveServers({ ...none, ...system })
    .map(({ name }) => name)
    .sort();

test.each<[string, Parameters<typeof namesOf>[0], string[]]>([
  ['nothing', {}, []],
  ['a cluster', { clusters: [cluster] }, ['changes', 'kubernetes', 'logs', 'topology']],
  ['a Loki alone', { backEnds: { loki: { url: nobody } } }, ['logs']],
  ['an Elasticsearch alone', { backEnds: { elasticsearch: { url: nobody, index: 'logs-*' } } }, ['logs']],
  ['a Jaeger alone', { backEnds: { jaeger: { url: nobody } } }, ['topology', 'traces']],
  ['a Tempo alone', { backEnds: { tempo: { url: nobody } } }, ['topology', 'traces']],
  ['an account of AWS alone', { backEnds: { aws: { logGroups: [] } } }, ['changes', 'cloud']],
  ['monitoring', { prometheusUrl: nobody, alertmanagerUrl: nobody }, ['alertmanager', 'prometheus']],
])(
  '%s is read by the servers that it takes, and nothing is asked before a tool is called',
  (_what, system, names) => {
    expect(namesOf(system)).toEqual(names);
  },
);
