import type { RangeLevel } from '#range/cluster/level.ts';
import { fieldLines, indented } from '../views/layout.ts';
import type { Style } from '../views/style.ts';

/** What is shown when an instance is up. */
export type OpeningFacts = {
  readonly serverUrl: string;
  readonly temporalUiUrl?: string;
  readonly prometheusUrl?: string;
  readonly alertmanagerUrl?: string;
  readonly apiKeyFile: string;
  readonly range?: { readonly cluster: { readonly level: RangeLevel } };
  /** The first time only. */
  readonly firstStart?: {
    readonly adminUser: string;
    readonly totp: { readonly secret: string; readonly uri: string };
  };
};

/** The text that practice opens with: what is running, where, what to try, and what is shown only once. */
export function renderPracticeOpening(facts: OpeningFacts, programName: string, style: Style): string {
  const { words, paint, columns } = style;
  const intro = facts.range?.cluster.level === 'api' ? words.practice.introApi : words.practice.intro;
  const tries = words.practice.tries.map(([command, what]) => [`${programName} ${command}`, what] as const);
  return [
    paint.strong(words.practice.title),
    '',
    ...intro.map((text) => indented(text, 2, columns)),
    '',
    ...placesLines(facts, style),
    '',
    `  ${words.practice.tryTitle}`,
    ...fieldLines(tries, { indent: 4, columns, label: paint.code }),
    ...secretLines(facts, style),
  ].join('\n');
}

/** Where everything is. */
export function placesLines(facts: OpeningFacts, style: Style): string[] {
  const { words, paint, columns } = style;
  return [
    `  ${words.practice.running}`,
    ...fieldLines(
      [
        [words.practice.server, facts.serverUrl],
        [words.practice.temporal, facts.temporalUiUrl ?? ''],
        [words.practice.prometheus, facts.prometheusUrl ?? ''],
        [words.practice.alertmanager, facts.alertmanagerUrl ?? ''],
        [words.practice.apiKeyFile, facts.apiKeyFile],
      ],
      { indent: 4, columns: Math.max(columns, 200), label: paint.quiet },
    ),
  ];
}

/** The secrets of the first start; nothing at any later one. */
export function secretLines({ firstStart }: OpeningFacts, style: Style): string[] {
  if (firstStart === undefined) return [];
  const { words, paint, columns } = style;
  const { adminUser, totp } = firstStart;
  return [
    '',
    `  ${paint.waiting(words.practice.secretsTitle)}`,
    // Never wrapped: a seed with a line break in it cannot be pasted.
    ...fieldLines(
      [
        [words.practice.administrator, adminUser],
        [words.practice.otpSeed, totp.secret],
        [words.practice.otpUri, totp.uri],
      ],
      { indent: 4, columns: 2000, label: paint.quiet },
    ),
    indented(words.practice.otpUse, 4, columns),
  ];
}
