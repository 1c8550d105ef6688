import { failsRarely, runsAsWanted } from './checks.ts';
import { rollOut } from './cluster-change.ts';
import { defineFault, everyLevel } from './fault.ts';

/** The pipeline moved the readiness probe to a port where nothing listens: the new pods never become ready. */
export const readinessPort = defineFault({
  name: 'readiness-port',
  title: { en: 'A readiness probe on a wrong port', zh: '就绪探针端口错误' },
  declare: {
    object: { kind: 'Deployment', of: 'storefront' },
    causes: ['probe.readiness-port'],
    mendBy: ['patch', 'rollout-undo'],
    verifiedWhen: [runsAsWanted('storefront'), failsRarely('storefront')],
  },
  levels: everyLevel,
  changes: (names) => [
    rollOut(names, 'storefront', {
      container: { readinessProbe: { httpGet: { path: '/readyz', port: 8081 } } },
      cause: `probes of ${names.services.storefront} on the management port`,
    }),
  ],
});
