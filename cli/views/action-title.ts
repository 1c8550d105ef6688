import { actions } from '#domain/actions/catalogue.ts';
import type { Style } from './style.ts';

/** What an action is called; one that this version does not know goes by its name. */
export function actionTitle(name: string, { language }: Pick<Style, 'language'>): string {
  return actions.find((action) => action.name === name)?.title[language] ?? name;
}
