import type { Alert } from '#domain/alert.ts';

/** Alerts that fire all the time to show that the way from rule to person works. */
const alwaysFiring = /^(watchdog|dead.?man.*|always.?firing|info.?inhibitor)$/i;

/** Words of names that people and systems give to alerts that are sent to try the way. */
const trialWords = new Set([
  'test',
  'tests',
  'testing',
  'dummy',
  'example',
  'sample',
  'fake',
  'trial',
  'ping',
  'hello',
]);
const fillerWords = new Set([
  'alert',
  'alerts',
  'alerting',
  'notification',
  'webhook',
  'receiver',
  'contact',
  'point',
  'send',
  'from',
  'amtool',
  'grafana',
  'alertmanager',
  'understudy',
  'world',
  'message',
  'only',
  'this',
  'is',
  'a',
]);

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '' && !/^\d+$/.test(word));
}

/** `TestAlert`, `dummy-notification`; not `E2ETestFailed`, which tells of something. */
function isTrialName(name: string): boolean {
  const words = wordsOf(name);
  return (
    words.some((word) => trialWords.has(word)) &&
    words.every((word) => trialWords.has(word) || fillerWords.has(word))
  );
}

/** A label by which senders mark what is sent to try the way. */
function isMarked({ labels }: Alert): boolean {
  return /^(true|yes|1)$/i.test(labels.test ?? '');
}

/**
 * True for an alert that is only sent to be seen: a heartbeat, or one that is called or marked a test and names nothing
 * that is there. Whatever leaves a doubt is looked at: to look in vain costs seconds, to close a real alert unseen far more.
 * @param namesSomething the alert's labels name an object, or a service that is known
 */
export function isTestAlert(alert: Alert, namesSomething: boolean): boolean {
  const name = alert.labels.alertname ?? '';
  if (alwaysFiring.test(name)) return true;
  return !namesSomething && (isTrialName(name) || isMarked(alert));
}
