import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { createActionActivities } from '#activities/action-activities.ts';
import { createIncidentActivities } from '#activities/incident-activities.ts';
import { createRemediationActivities } from '#activities/remediation-activities.ts';
import type { ServerClient } from '#activities/server-client.ts';
import { errorCodeOf, messageOf } from '#domain/errors.ts';
import type { Gate } from '#domain/gate.ts';
import { workflowIds } from '#domain/ids.ts';
import type { Plan, PlanStep, RemediationResult } from '#domain/plan.ts';
import { shippedPolicy } from '#domain/policy/policy.ts';
import { serviceCatalogueSchema } from '#domain/service-catalogue.ts';
import { taskQueues } from '#domain/task-queues.ts';
import { fromMs } from '#domain/time.ts';
import { createKubernetesActionsServer } from '#mcp-tools/kubernetes-actions/server.ts';
import { type ActionBench, cluster } from '#mcp-tools/kubernetes-actions/testing/action-bench.ts';
import { createToolClient } from '#mcp-tools/runtime/client.ts';
import type { Connection } from '#mcp-tools/runtime/connection.ts';
import { issueGrant } from '#server/approvals/issue-grant.ts';
import { judgeGateForWorkflow } from '#server/approvals/judge-gate.ts';
import { type Court, useCourt } from '#server/approvals/test-gates.ts';
import { gatesOf } from '#store/gates.ts';
import { burnGrant } from '#store/grants.ts';
import { putPlan } from '#store/plans.ts';
import { putPolicy } from '#store/policies.ts';
import { writesStopped } from '#store/switches.ts';
import { useFolder } from '#store/test-folder.ts';
import { anIncident } from '#store/test-store.ts';
import { until, withWorkflows } from '#test/workflows/run-workflows.ts';
import { type AllActivities, scriptedActivities } from '#test/workflows/scripted-activities.ts';
import { workflowTypes } from '#workflows/contracts.ts';

const policy = {
  ...shippedPolicy,
  environments: { practice: { durations: { soakMs: 0, verifyEveryMs: 500, verifyTimeoutMs: 1000 } } },
};

/** What the worker asks of the server, without the HTTP between them. */
function serverOf(court: Court): ServerClient {
  return {
    judgeGate: (gateId) => judgeGateForWorkflow(court.deps, gateId),
    issueGrant: async (gateId) => {
      try {
        const { grant } = await issueGrant(court.deps, gateId);
        return { granted: true, grant };
      } catch (error) {
        if (errorCodeOf(error) === 'grant-refused') return { granted: false, refused: messageOf(error) };
        throw error;
      }
    },
  };
}

const main = fileURLToPath(new URL('../../mcp-tools/kubernetes-actions/main.ts', import.meta.url));

/** The writing server: in this process as in the actions process, or as a process of its own. */
async function connectionTo(court: Court, bench: ActionBench, alone: boolean): Promise<Connection> {
  const { db, deps } = court;
  const folder = await useFolder();
  const grantPublicKeyFile = join(folder, 'grant.pem');
  await writeFile(grantPublicKeyFile, deps.keys.grant.publicKey.export({ type: 'spki', format: 'pem' }));
  const clusters = [{ name: cluster, kubeconfig: bench.actor }];
  if (!alone) {
    const server = createKubernetesActionsServer({
      ...{ clusters, grantPublicKeyFile },
      burnGrant: (jti) => db.run((tx) => burnGrant(tx, jti, fromMs(Date.now()))),
      writesStopped: () => db.run((tx) => writesStopped(tx)),
    });
    return { kind: 'in-process', server };
  }
  const settings = join(folder, 'settings.yaml');
  await writeFile(settings, JSON.stringify({ clusters, grantPublicKeyFile }));
  const args = [main, '--stdio', '--settings', settings];
  return { kind: 'stdio', command: process.execPath, args, env: { DATABASE_URL: db.databaseUrl } };
}

/** The real activities of the worker and of the actions process. Only the agents' word that all is well is scripted. */
async function activitiesOf(court: Court, bench: ActionBench, alone: boolean): Promise<AllActivities> {
  const { store, serviceCatalogue } = court.deps;
  const tools = createToolClient({
    servers: { 'kubernetes-actions': await connectionTo(court, bench, alone) },
  });
  onTestFinished(() => tools.close());
  const base = { store, log: pino({ level: 'silent' }), now: () => fromMs(Date.now()) };
  const well = { task: 'verify', state: 'well', summary: 'all is well' } as const;
  return {
    ...scriptedActivities({ takeTurn: async () => ({ kind: 'finding', brief: well }) }).activities,
    ...createIncidentActivities({ ...base, readOnly: false }),
    ...createRemediationActivities({ ...base, serviceCatalogue, readOnly: false, server: serverOf(court) }),
    ...createActionActivities({ ...base, tools }),
  };
}

export type RealRemediation = {
  readonly court: Court;
  readonly client: Client;
  /** Puts an incident and its first plan on record. */
  readonly planned: (step: Omit<PlanStep, 'stepNo' | 'why' | 'undo'>) => Promise<string>;
  /** Starts the remediation of a plan as the incident's workflow does; `input` forges what it is told. */
  readonly start: (
    incidentId: string,
    input?: { incidentId?: string; planNo?: number },
  ) => Promise<RemediationRun>;
  /** The gate of that attempt, once it is asked. */
  readonly gate: (incidentId: string, attempt?: number) => Promise<Gate>;
};

export type RemediationRun = { readonly runId: string; readonly result: () => Promise<RemediationResult> };

/**
 * A remediation on real parts: Temporal, PostgreSQL, the server's judge and its signature, the actions' own check, and the
 * API server. What an attacker who reaches some of them could do is done to them here.
 */
export async function withRealRemediation(
  bench: ActionBench,
  play: (world: RealRemediation) => Promise<void>,
  options: { readonly actionsAlone?: true } = {},
): Promise<void> {
  const court = await useCourt({
    clusters: [cluster],
    serviceCatalogue: serviceCatalogueSchema.parse({
      namespaces: { [`${cluster}/*`]: { environment: 'practice' } },
    }),
  });
  await court.db.run((tx) => putPolicy(tx, { policy, by: 'bob', at: fromMs(Date.now()) }));
  const started: string[] = [];
  const activities = await activitiesOf(court, bench, options.actionsAlone === true);
  await withWorkflows(activities, async ({ client }) => {
    try {
      await play({
        ...{ court, client },
        planned: async (step) => {
          const incidentId = await anIncident(court.db);
          const steps = [{ ...step, stepNo: 1, why: 'w', undo: 'u' }];
          const plan: Plan = {
            ...{ cause: 'application.other', object: step.object, confidence: 1, why: 'w', steps },
          };
          await court.db.run((tx) => putPlan(tx, { incidentId, planNo: 1, plan, at: fromMs(Date.now()) }));
          return incidentId;
        },
        start: async (incidentId, input = {}) => {
          const workflowId = workflowIds.remediation(incidentId, input.planNo ?? 1);
          started.push(workflowId);
          const handle = await client.workflow.start(workflowTypes.remediation, {
            ...{ workflowId, taskQueue: taskQueues.main },
            args: [{ tenant: 'default', incidentId, planNo: 1, ...input }],
          });
          return { runId: handle.firstExecutionRunId, result: () => handle.result() };
        },
        gate: async (incidentId, attempt = 1) => {
          const asked = () => court.db.run((tx) => gatesOf(tx, incidentId));
          const isIt = (gate: Gate) => gate.attempt === attempt;
          await until(async () => (await asked()).some(isIt), 60_000);
          return (await asked()).find(isIt) as Gate;
        },
      });
    } finally {
      for (const id of started)
        await client.workflow.getHandle(id).terminate('the test is over').catch(ignoreEnded);
    }
  });
}

function ignoreEnded(error: unknown): void {
  if (!(error instanceof Error) || error.name !== 'WorkflowNotFoundError') throw error;
}
