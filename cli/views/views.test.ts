import { describe, expect, it } from 'vitest';
import { milestonesOf } from '../milestones.ts';
import { createPaint, plainPaint } from '../paint.ts';
import { renderPracticeOpening } from '../practice/opening.ts';
import {
  alert,
  diagnosis,
  eventsFromDecision,
  eventsToQuestion,
  gate,
  incident,
  learned,
} from '../testing/samples.ts';
import { type Language, wordsIn } from '../words/words.ts';
import { renderDiagnosis } from './diagnosis-view.ts';
import { renderGate, renderGateDetails } from './gate-view.ts';
import { renderCase, renderGates, renderIncidentHead, renderIncidents } from './incident-view.ts';
import { widthOf } from './layout.ts';
import { renderTimeline } from './narration.ts';
import type { Style } from './style.ts';

const nowMs = Date.parse('2026-11-21T03:04:00Z');
const languages: readonly Language[] = ['en', 'zh'];

function styleIn(language: Language): Style {
  return { words: wordsIn(language), language, paint: plainPaint, columns: 100, timeZone: 'Asia/Shanghai' };
}

/** Every view, as it is printed; the golden files beside are what a reader sees. */
const views: Readonly<Record<string, (style: Style) => string>> = {
  gate: (style) => renderGate(gate, style, nowMs),
  'gate-details': (style) => renderGateDetails(gate, style),
  diagnosis: (style) => renderDiagnosis(diagnosis, style),
  'diagnosis-whole': (style) => renderDiagnosis(diagnosis, style, 'whole'),
  incidents: (style) => renderIncidents([incident], { style, columns: 110, nowMs }),
  gates: (style) => renderGates([gate], { style, columns: 110, nowMs }),
  'incident-head': (style) => renderIncidentHead(incident, [alert], style, nowMs),
  case: (style) => renderCase(learned, milestonesOf([...eventsToQuestion, ...eventsFromDecision]), style),
  narration: (style) => renderTimeline([...eventsToQuestion, ...eventsFromDecision], style),
  opening: (style) =>
    renderPracticeOpening(
      {
        serverUrl: 'http://127.0.0.1:7788',
        temporalUiUrl: 'http://127.0.0.1:8233',
        prometheusUrl: 'http://127.0.0.1:9090',
        alertmanagerUrl: 'http://127.0.0.1:9093',
        apiKeyFile: '/home/li/understudy/.understudy/secrets/api-key',
        firstStart: {
          adminUser: 'admin',
          totp: {
            secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
            uri: 'otpauth://totp/Understudy:admin?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Understudy',
          },
        },
      },
      'understudy',
      style,
    ),
};

describe.each(languages)('in %s', (language) => {
  it.each(Object.keys(views))('%s reads as in its golden file', async (name) => {
    const text = views[name]?.(styleIn(language)) ?? '';
    await expect(`${text}\n`).toMatchFileSnapshot(`golden/${name}.${language}.txt`);
  });

  it.each(['gate', 'diagnosis', 'narration', 'case', 'incident-head'])(
    '%s keeps within its columns',
    (name) => {
      const lines = (views[name]?.(styleIn(language)) ?? '').split('\n');
      expect(lines.filter((line) => widthOf(line) > 100)).toEqual([]);
    },
  );
});

it('tells the same with colours as without', () => {
  const style = styleIn('en');
  const coloured = renderGate(gate, { ...style, paint: createPaint(true) }, nowMs);
  expect(coloured).not.toBe(renderGate(gate, style, nowMs));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
  expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(renderGate(gate, style, nowMs));
});

it('shows the secrets of the first start at the first start only', () => {
  const facts = { serverUrl: 'http://127.0.0.1:7788', apiKeyFile: '/x' };
  const text = renderPracticeOpening(facts, 'understudy', styleIn('en'));
  expect(text).not.toContain('otpauth');
});

it('measures from the alert to the diagnosis on record, the approval and the verified step', () => {
  expect(milestonesOf([...eventsToQuestion, ...eventsFromDecision])).toEqual({
    diagnosedMs: 2100,
    approvedMs: 15_000,
    mendedMs: 48_000,
  });
  expect(milestonesOf(eventsToQuestion)).toEqual({ diagnosedMs: 2100 });
});
