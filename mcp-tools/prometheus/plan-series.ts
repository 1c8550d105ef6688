import { collectFamilies, type Family } from './app-families.ts';
import { canCook, type KnownRecipe, objectMetrics, processMetrics } from './known-metrics.ts';
import { appRowMatches } from './match-rows.ts';
import { countsFailures, countsRequests, timesRequests } from './metric-forms.ts';
import type { PlanContext, Row } from './plan-context.ts';
import { planObject } from './plan-objects.ts';
import { formatSeriesId, type SeriesKey } from './series-id.ts';
import type { RecipeName } from './series-recipes.ts';

type Wish = { readonly recipe: RecipeName; readonly argument?: string; readonly metric: string };

function requestWishes(family: Family, metric: string): Wish[] {
  const { outcomeLabel, hasRefusals } = family;
  const requests: Wish[] = [{ recipe: 'requests', metric }];
  if (outcomeLabel === undefined) return requests;
  const ratio: Wish = { recipe: 'error-ratio', argument: outcomeLabel, metric };
  return hasRefusals ? [...requests, ratio, { ...ratio, recipe: 'refused-ratio' }] : [...requests, ratio];
}

const knownWishes = (known: readonly KnownRecipe[], metric: string, context: PlanContext): Wish[] =>
  known.filter((one) => canCook(one, context.found)).map(({ recipe }) => ({ recipe, metric }));

/** A gauge of which nothing is known is added up, but for what cannot be added. */
function gaugeRecipe(metric: string): RecipeName {
  return /(ratio|percent|celsius|seconds|version|state|status|timestamp|max|age|lag)/.test(metric)
    ? 'max'
    : 'sum';
}

function counterWishes(family: Family): Wish[] {
  if (countsFailures(family.base)) return [{ recipe: 'errors', metric: family.base }];
  if (countsRequests(family.base)) return requestWishes(family, family.base);
  return [{ recipe: 'rate', metric: family.base }];
}

function distributionWishes(family: Family): Wish[] {
  const metric = family.base;
  if (family.forms.has('bucket')) {
    return [
      { recipe: 'p50', metric },
      { recipe: 'p95', metric },
    ];
  }
  const quantile = ['0.95', '0.99', '0.9'].find((candidate) => family.quantiles.has(candidate));
  if (quantile !== undefined) return [{ recipe: 'quantile', argument: quantile, metric }];
  return family.forms.has('sum') && family.forms.has('count') ? [{ recipe: 'mean', metric }] : [];
}

function wishesOf(family: Family, context: PlanContext, counted: ReadonlySet<string>): Wish[] {
  const known = processMetrics[family.base];
  if (known !== undefined) return knownWishes(known, family.base, context);
  if (family.forms.has('counter')) return counterWishes(family);
  if (family.forms.has('gauge')) return [{ recipe: gaugeRecipe(family.base), metric: family.base }];
  const requests =
    family.forms.has('count') && timesRequests(family.base) && !counted.has(emitterKey(family))
      ? requestWishes(family, `${family.base}_count`)
      : [];
  return [...distributionWishes(family), ...requests];
}

const emitterKey = (family: Family): string => JSON.stringify(Object.entries(family.identity));

/** Emitters whose requests a counter counts; a histogram's count would say the same again. */
function countedEmitters(families: readonly Family[]): ReadonlySet<string> {
  return new Set(
    families.filter((family) => family.forms.has('counter') && countsRequests(family.base)).map(emitterKey),
  );
}

function isWork({ base, forms }: Family): boolean {
  return countsRequests(base) || countsFailures(base) || forms.has('bucket') || forms.has('count');
}

function keysOf(family: Family, context: PlanContext, counted: ReadonlySet<string>): SeriesKey[] {
  // One version says nothing that the whole does not say; and what is no work on requests tells nothing of a release.
  const byVersion = family.versions.size > 1 && isWork(family) ? [...family.versions.values()] : [];
  const wishes = wishesOf(family, context, counted);
  return [family.identity, ...byVersion].flatMap((labels) =>
    wishes.map(({ recipe, metric, argument = '' }) => ({ recipe, argument, metric, labels })),
  );
}

/** Every series that can be made of the rows and speaks of what is asked, each once. */
export function planSeries(rows: readonly Row[], context: PlanContext): SeriesKey[] {
  const own = rows.filter(
    (row) => objectMetrics[row.name] === undefined && appRowMatches(row, context.asked),
  );
  const families = collectFamilies(own, context);
  const counted = countedEmitters(families);
  const keys = [
    ...families.flatMap((family) => keysOf(family, context, counted)),
    ...rows.flatMap((row) => planObject(row, context)),
  ];
  return [...new Map(keys.map((key) => [formatSeriesId(key), key])).values()];
}
