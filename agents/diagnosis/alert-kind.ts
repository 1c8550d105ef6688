import type { CaseFile } from './case-file.ts';

/** What users feel of a trouble. */
export type Symptom = 'errors' | 'latency';

const words: readonly (readonly [Symptom, RegExp])[] = [
  ['latency', /latency|slow|duration|response.?time|p9\d|percentile/i],
  [
    'errors',
    /error.?(rate|ratio|budget)|5xx|http.?5|fail(s|ed|ure|ures)?\b|availability|success.?(rate|ratio)/i,
  ],
];

/** What the alerts say that users feel; empty for alerts about pods, nodes and the like. */
export function symptomsToldOf(file: CaseFile): Set<Symptom> {
  const texts = file.view.alerts.map(({ labels, annotations }) =>
    [labels.alertname, annotations.summary, annotations.description].join(' '),
  );
  return new Set(
    words.flatMap(([symptom, pattern]) => (texts.some((text) => pattern.test(text)) ? [symptom] : [])),
  );
}

/** True for alerts about what users feel, which a pod in trouble beside enough healthy ones does not explain. */
export function isFeltAlert(file: CaseFile): boolean {
  return symptomsToldOf(file).size > 0;
}
