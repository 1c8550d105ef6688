import type { Connection } from '@temporalio/client';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { searchAttributes } from '#domain/task-queues.ts';

/** `INDEXED_VALUE_TYPE_KEYWORD` of temporal.api.enums.v1. */
const keyword = 2;

/**
 * Registers the search attributes that workflows set, where they are missing: without them every workflow task fails.
 * Throws `configuration` when one exists as another type or the server refuses.
 */
export async function registerSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const wanted = Object.values(searchAttributes);
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const wrong = wanted.filter((name) => (customAttributes[name] ?? keyword) !== keyword);
  if (wrong.length > 0) {
    throw new UnderstudyError(
      'configuration',
      `Temporal's namespace ${namespace} has ${wrong.join(', ')}, but not as Keyword: remove it there, or use another namespace`,
    );
  }
  const missing = wanted.filter((name) => customAttributes[name] === undefined);
  if (missing.length === 0) return;
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])),
    });
  } catch (cause) {
    const commands = missing.map(
      (name) =>
        `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type Keyword`,
    );
    throw new UnderstudyError(
      'configuration',
      `Temporal did not register search attributes (${messageOf(cause)}); register them as its operator:\n  ${commands.join('\n  ')}`,
      { cause },
    );
  }
}
