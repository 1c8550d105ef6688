import { expect, test } from 'vitest';
import { htmlOfAnsi } from './ansi.ts';

test('colours become spans, movements of the cursor nothing, and text stays text', () => {
  expect(htmlOfAnsi('\u001b[1mA\u001b[22m \u001b[32m<b>\u001b[39m\u001b[3Gc\u001b[0J\r\n')).toBe(
    '<span style="font-weight:700">A</span> <span style="color:#7ee787">&lt;b&gt;</span>c\n',
  );
});
