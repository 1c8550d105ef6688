import { Client, Connection, ScheduleNotFoundError } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { workflowIds } from '#domain/ids.ts';
import { useTemporal } from '#test/setup/services.ts';
import { ensurePatrolSchedule } from './patrol-schedule.ts';

it('makes the patrol schedule once, however often and by however many it is asked for', async () => {
  const { address, namespace } = await useTemporal();
  const wanted = { tenant: 'default', everyMinutes: 5 };
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  try {
    await Promise.all([1, 2, 3].map(() => ensurePatrolSchedule(native, namespace, wanted)));
    const handle = new Client({ connection, namespace }).schedule.getHandle(workflowIds.patrol('health'));
    await handle.pause('maintenance');
    await ensurePatrolSchedule(native, namespace, wanted);
    const { state, spec } = await handle.describe();
    expect(state.paused).toBe(true);
    expect(spec.intervals).toEqual([expect.objectContaining({ every: 300_000 })]);
    const off = { ...wanted, everyMinutes: 0 };
    await ensurePatrolSchedule(native, namespace, off);
    await ensurePatrolSchedule(native, namespace, off);
    await expect(handle.describe()).rejects.toThrow(ScheduleNotFoundError);
  } finally {
    await native.close();
    await connection.close();
  }
});
