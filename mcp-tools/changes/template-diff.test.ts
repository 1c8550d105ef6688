import { expect, test } from 'vitest';
import { diffTemplates } from './template-diff.ts';

const template = (password: string, port: string): object => ({
  containers: [
    {
      name: 'main',
      args: ['--db-password', password, '--port', port],
      env: [{ name: 'PGPASSWORD', value: password }],
      credentials: [{ name: 'db', pin: password }],
    },
  ],
});

test('secrets that changed show as a change, wherever they stand, and what is beside them stays readable', () => {
  const { fields, text } = diffTemplates(template('hunter2', '80'), template('hunter3', '81'));
  expect(text).not.toMatch(/hunter/);
  expect(fields).toEqual([
    'containers.main.args.1',
    'containers.main.args.3',
    'containers.main.credentials.db.pin',
    'containers.main.env.PGPASSWORD',
  ]);
  expect(text.split('\n')).toEqual(
    expect.arrayContaining([
      '+ containers.main.args.1: [redacted:named-secret] (another one)',
      '- containers.main.args.3: "80"',
      '+ containers.main.args.3: "81"',
    ]),
  );
});
