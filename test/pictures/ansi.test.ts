import { expect, test } from 'vitest';
import { svgLinesOfAnsi, svgOfAnsi } from './ansi.ts';

const sent = '\u001b[1mA\u001b[22m \u001b[32m<b>\r\nc\u001b[39m\u001b[3Gd\u001b[0J';

test('colours become spans, over line breaks too; movements of the cursor go, and text stays text', () => {
  expect(svgLinesOfAnsi(sent)).toEqual([
    '<tspan font-weight="700">A</tspan> <tspan fill="#7ee787">&lt;b&gt;</tspan>',
    '<tspan fill="#7ee787">c</tspan>d',
  ]);
});

test('the picture is as high as its lines', () => {
  const height = (text: string): number => Number(/height="(\d+)"/.exec(svgOfAnsi(text))?.[1]);
  expect(height('a\nb') - height('a')).toBe(18);
});
