import type { Style } from '../views/style.ts';
import type { NegativesCard } from './negatives.ts';
import { right, share, table } from './render.ts';

/** What is said where a fault cannot be known, for people. */
export function renderNegatives({ suite, figures, falseFaults }: NegativesCard, style: Style): string {
  const { words, paint } = style;
  const { evaluation } = words;
  const rows = (['before', 'decisive'] as const).flatMap((kind) =>
    (['tune', 'held'] as const).flatMap((part) => {
      const own = figures[kind]?.[part];
      if (own === undefined) return [];
      const shares = [own.falseFaults, own.healthy, own.unknown, own.gapNamed].map(share);
      return [[evaluation.negative[kind], evaluation[part], String(own.bundles), ...shares]];
    }),
  );
  const { healthy, unknown } = words.verdict;
  const header = [
    { title: evaluation.negative.title },
    { title: evaluation.part },
    ...[evaluation.bundles, evaluation.falseFaults, healthy, unknown, evaluation.negative.gapNamed].map(
      right,
    ),
  ];
  const wrong = falseFaults.map(({ bundle, kind }) => `${bundle} (${evaluation.negative[kind]})`);
  return [
    paint.strong(evaluation.suite(suite, rows.length === 0 ? 0 : bundlesIn(figures))),
    table(header, rows, style),
    ...(wrong.length === 0 ? [] : [words.labelled(evaluation.misses, wrong.join(words.listComma))]),
  ].join('\n');
}

function bundlesIn(figures: NegativesCard['figures']): number {
  const parts = Object.values(figures).flatMap((byPart) => Object.values(byPart));
  return parts.reduce((sum, { bundles }) => sum + bundles, 0);
}
