import type { AccountChange, UserList } from '#server/api/schemas.ts';
import { fieldLines } from './layout.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

/** Accounts, one a line. */
export function renderUsers(
  users: UserList['items'],
  { style, columns }: { readonly style: Style; readonly columns: number | undefined },
): string {
  const { words, paint } = style;
  const { column, user } = words;
  return renderTable(
    [
      { title: column.account, shrinks: 'name' },
      { title: column.kind },
      { title: column.roles, shrinks: 'sentence' },
      { title: column.environments, shrinks: 'sentence' },
      { title: column.keys, align: 'right' },
      { title: column.state },
    ],
    users.map(({ name, kind, roles, environments, keys, disabledAt }) => [
      ...[name, user.kind[kind], roles.join(', ') || '–'],
      environments === undefined ? user.everywhere : environments.join(', '),
      ...[String(keys), disabledAt === undefined ? user.enabled : user.disabled],
    ]),
    { columns, title: paint.quiet },
  );
}

/** What is shown once, each on a line that can be copied whole. */
export function renderSecrets({ apiKey, totp }: AccountChange, { words, paint }: Style): string[] {
  const { practice, user } = words;
  const fields = [
    ...(apiKey === undefined ? [] : [[user.apiKey, apiKey] as const]),
    ...(totp === undefined
      ? []
      : [[practice.otpSeed, totp.secret] as const, [practice.otpUri, totp.uri] as const]),
  ];
  if (fields.length === 0) return [];
  return [
    paint.waiting(practice.secretsTitle),
    ...fieldLines(fields, { indent: 2, columns: 2000, label: paint.quiet }),
  ];
}
