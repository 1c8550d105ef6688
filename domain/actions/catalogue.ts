import { UnderstudyError } from '../errors.ts';
import { cordon, uncordon } from './cordon.ts';
import type { ActionDefinition } from './define-action.ts';
import { deletePod } from './delete-pod.ts';
import { patch } from './patch.ts';
import { rolloutRestart } from './rollout-restart.ts';
import { rolloutUndo } from './rollout-undo.ts';
import { scale } from './scale.ts';
import { setImage } from './set-image.ts';
import { setResources } from './set-resources.ts';

/** Every action that there is. What is not in this list cannot be done. */
export const actions: readonly ActionDefinition[] = [
  rolloutUndo,
  rolloutRestart,
  scale,
  patch,
  setImage,
  setResources,
  deletePod,
  cordon,
  uncordon,
];

export const actionNames: readonly string[] = actions.map((action) => action.name);

/** The action of that name; an unknown one is a `bad-input` error that lists the known ones. */
export function actionNamed(name: string): ActionDefinition {
  const action = actions.find((candidate) => candidate.name === name);
  if (action === undefined) {
    throw new UnderstudyError('bad-input', `unknown action "${name}"; known: ${actionNames.join(', ')}`);
  }
  return action;
}
