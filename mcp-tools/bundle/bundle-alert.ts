import { readFile } from 'node:fs/promises';
import type { Alert } from '#domain/alert.ts';
import { alertmanagerSchema, deliveryOfAlertmanager } from '#domain/alertmanager-webhook.ts';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import type { Bundle } from './open-bundle.ts';
import { inForm, parseJson } from './parse-json.ts';

/** What woke the system up: the alerts of an Alertmanager webhook body. */
export type WakeUp = { readonly groupKey: string; readonly alerts: readonly Alert[] };

/** People keep the body in part: what only a running Alertmanager needs may be absent. */
const bodySchema = alertmanagerSchema.extend({
  groupKey: alertmanagerSchema.shape.groupKey.default('{}'),
  receiver: alertmanagerSchema.shape.receiver.default('understudy'),
  status: alertmanagerSchema.shape.status.default('firing'),
});

function wakeUpOf(path: string, value: unknown): WakeUp {
  const delivery = deliveryOfAlertmanager(inForm(path, value, bodySchema));
  return { groupKey: delivery.groupKey, alerts: delivery.alerts };
}

/** The bundle's own alert; undefined where it has none. Throws `bad-input` that names the file and the place. */
export async function alertOfBundle(bundle: Bundle): Promise<WakeUp | undefined> {
  const value = await bundle.json('alert.json');
  return value === undefined ? undefined : wakeUpOf('alert.json', value);
}

/** An alert of a file, in place of the bundle's own. */
export async function alertOfFile(path: string): Promise<WakeUp> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UnderstudyError('not-found', `${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  });
  return wakeUpOf(path, parseJson(path, text));
}
