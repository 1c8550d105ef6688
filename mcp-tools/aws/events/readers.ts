import { trailEvents } from '../trail.ts';
import { alarmHistory } from './alarm-history.ts';
import { databaseEvents } from './database-events.ts';
import type { EventReader } from './event-reader.ts';
import { instanceEvents } from './instance-events.ts';

export const eventReaders: readonly EventReader[] = [
  alarmHistory,
  databaseEvents,
  instanceEvents,
  trailEvents,
];
