import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { canonicalJson } from '#domain/hash.ts';
import type { Labels } from './client.ts';
import { isLabelName, isMetricName } from './promql.ts';
import { recipeNamed } from './series-recipes.ts';

/**
 * A series as `metrics_list_series` names it: a recipe over a metric, for the label values that tell it from the others.
 * Written `error-ratio(code):http_requests_total{"namespace":"shop","service":"cart"}`; a service that the labels do not
 * tell follows after `@`.
 */
export type SeriesKey = {
  readonly recipe: string;
  /** Empty for recipes that take none. */
  readonly argument: string;
  readonly metric: string;
  readonly labels: Labels;
  readonly service?: string;
};

const form = /^([a-z0-9-]+)(?:\(([^()]{1,64})\))?:([^{}]+)(\{.*\})(?:@([a-zA-Z0-9._-]{1,253}))?$/s;
const labelsSchema = z.record(z.string().refine(isLabelName), z.string().max(1024));
const longestId = 4096;

export function formatSeriesId(key: SeriesKey): string {
  const argument = key.argument === '' ? '' : `(${key.argument})`;
  const service = key.service === undefined ? '' : `@${key.service}`;
  return `${key.recipe}${argument}:${key.metric}${canonicalJson(key.labels)}${service}`;
}

function parseLabels(json: string): Labels | undefined {
  try {
    return labelsSchema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined; // Not JSON: reported below with the whole id.
  }
}

/** Reads an id that `formatSeriesId` wrote; anything else is `bad-input`. */
export function parseSeriesId(id: string): SeriesKey {
  const [, recipe = '', argument = '', metric = '', json = '', service] =
    (id.length <= longestId && form.exec(id)) || [];
  const labels = parseLabels(json);
  const known = recipeNamed(recipe);
  const fits = known !== undefined && (known.argument?.test(argument) ?? argument === '');
  if (!fits || !isMetricName(metric) || labels === undefined || Object.keys(labels).length === 0) {
    const shown = id.length > 120 ? `${id.slice(0, 120)}…` : id;
    throw new UnderstudyError(
      'bad-input',
      `series: "${shown}" is not one that metrics_list_series gave; list the series first`,
    );
  }
  return { recipe, argument, metric, labels, ...(service === undefined ? {} : { service }) };
}
