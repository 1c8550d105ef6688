import type { Snapshot } from '../../analysis/kubernetes/snapshot.ts';
import type { Analyzer, Finding } from '../define-analyzer.ts';
import { analyze } from '../registry.ts';
import { configMapUse } from './config-map-use.ts';
import { containerLogs } from './container-logs.ts';
import { cronDeadlines } from './cron-deadlines.ts';
import { customConditions } from './custom-conditions.ts';
import { idleSelectors } from './idle-selectors.ts';
import { idleService } from './idle-service.ts';
import { securityContext } from './security-context.ts';
import { unexplainedEvents } from './unexplained-events.ts';

/** What is merely wrong or left over: of use to who looks after a cluster, and no cause of an incident by itself. */
export const housekeeping: readonly Analyzer[] = [
  idleService,
  idleSelectors,
  configMapUse,
  cronDeadlines,
  customConditions,
  securityContext,
  containerLogs,
];

/** All that there is to say about a cluster: what is wrong, what is left over, and warnings that nothing of it explains. */
export function examine(snapshot: Snapshot): Finding[] {
  const found = [
    ...analyze(snapshot),
    ...housekeeping
      .flatMap((analyzer) => analyzer.analyze(snapshot))
      .filter(({ evidence }) => evidence.length > 0),
  ];
  return [...found, ...unexplainedEvents(snapshot, found)];
}
