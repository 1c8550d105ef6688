import type { Incident } from '#domain/incident.ts';
import { faultNamed } from '#range/faults/catalogue.ts';
import { untilHealthy } from '#range/settle.ts';
import { listIncidents } from '#store/incidents.ts';
import { inTenant } from '#store/pool.ts';
import { describeWrite } from '#test/setup/actor-writes.ts';
import type { WholeInstance } from './instance.ts';
import { chains, type Mark, markNow, writesSince } from './record.ts';
import { untilSo } from './until-so.ts';

/** How an incident of the range went from its fault to its end. */
export type Ending = {
  readonly outcomes: readonly (string | undefined)[];
  /** What the actor changed, as the API server wrote it down. */
  readonly writes: readonly string[];
  readonly chainsHold: boolean;
};

export type Scene = {
  readonly instance: WholeInstance;
  /** Where this incident's part of the record begins. */
  readonly mark: Mark;
  /** Approves what is asked from now on. */
  readonly approveAll: () => void;
  /** Somebody else mends it. */
  readonly switchOff: () => Promise<unknown>;
};

/** The one write that mends `scaled-to-zero`, as an {@link Ending} tells it. */
export function scalingUp({ range }: WholeInstance): string {
  return `patch deployments/${range.names.services.shipping}`;
}

async function incidentsSince({ store, tenant }: WholeInstance, mark: Mark): Promise<Incident[]> {
  const { items } = await inTenant(store, tenant, (tx) => listIncidents(tx, { limit: 50 }));
  return items.filter(({ openedAt }) => Date.parse(openedAt) >= mark.atMs);
}

/** Until the range is well and nothing is open, so that the next incident is one of its own. */
export async function untilCalm(instance: WholeInstance): Promise<void> {
  await untilSo('the range is well', async () => {
    await untilHealthy(instance.range);
    return true;
  });
  await untilSo('nothing is open', async () => {
    const { items } = await inTenant(instance.store, instance.tenant, (tx) =>
      listIncidents(tx, { status: 'open', limit: 1 }),
    );
    return items.length === 0;
  });
}

function startApproving({ approver }: WholeInstance): { readonly stop: () => Promise<void> } {
  let stopping = false;
  async function run(): Promise<void> {
    while (!stopping) {
      await untilSo(
        'the open gates are approved',
        async () => {
          for (const { gateId, argsHash } of await approver.gates({ status: 'open', limit: 50 }))
            await approver.decide(gateId, { decision: 'approve', argsHash });
          return true;
        },
        { everyMs: 200 },
      );
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  const running = run();
  return {
    stop: async () => {
      stopping = true;
      await running;
    },
  };
}

/**
 * Switches a fault on, lets the story be interfered with, and follows it until every incident that came of it is closed.
 * Puts everything back, however it went.
 */
export async function playIncident(
  instance: WholeInstance,
  faultName: string,
  interfere: (scene: Scene) => Promise<void>,
): Promise<{ readonly ending: Ending; readonly mark: Mark }> {
  const fault = faultNamed(faultName);
  await untilCalm(instance);
  const mark = await markNow(instance);
  let approving: ReturnType<typeof startApproving> | undefined;
  const approveAll = (): void => {
    approving ??= startApproving(instance);
  };
  const switchOff = (): Promise<unknown> =>
    untilSo('the fault is off', async () => {
      await fault.off(instance.range);
      return true;
    });
  try {
    await fault.on(instance.range);
    await interfere({ instance, mark, approveAll, switchOff });
    const incidents = await untilSo('every incident is closed', async () => {
      const all = await incidentsSince(instance, mark);
      return all.length > 0 && all.every(({ status }) => status === 'closed') ? all : undefined;
    });
    const writes = await writesSince(instance, mark);
    const checks = await chains(instance);
    return {
      mark,
      ending: {
        outcomes: incidents.map(({ outcome }) => outcome),
        writes: writes.map(describeWrite),
        chainsHold: checks.every(({ ok }) => ok),
      },
    };
  } finally {
    await approving?.stop();
    await switchOff();
  }
}
