import type { z } from 'zod';
import type { cloudEventSchema } from '#domain/tools/cloud.ts';
import type { TimeWindow } from '../../back-ends/window.ts';
import type { Reader, Reading } from '../reading.ts';

export type CloudEvent = z.output<typeof cloudEventSchema>;
export type EventReader = Reader<CloudEvent, TimeWindow>;
export type EventReading = Reading<CloudEvent>;

export function event(
  at: Date | undefined,
  source: string,
  message: string,
  severity?: 'info' | 'warning' | 'error',
): CloudEvent[] {
  if (at === undefined) return [];
  return [
    {
      provider: 'aws',
      at: at.toISOString(),
      source,
      message,
      ...(severity === undefined ? {} : { severity }),
    },
  ];
}
