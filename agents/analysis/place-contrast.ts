/** Whether those that suffer have a place in common, and it is not by chance. */

export type Placed = {
  /** Undefined where it is in several, or that is not known. */
  readonly place: string | undefined;
  /** Whether it would suffer from trouble of its place: only then it speaks against it that it does not. */
  readonly telling: boolean;
};

/** One alone is its own trouble. */
export const fewestTogether = 2;
/** Up to here it is believed that it is not chance, where nothing else speaks for the place. */
const mostChance = 0.1;

function ways(many: number, chosen: number): number {
  return Array.from({ length: chosen }, (_, index) => (many - index) / (index + 1)).reduce(
    (a, b) => a * b,
    1,
  );
}

/**
 * How likely it is that at least so many of those that suffer are here by chance: the one-sided exact test of Fisher
 * ("The Design of Experiments", 1935) for those that suffer and those that are calm, here and elsewhere.
 */
export function chanceOfSoMany(
  here: { readonly suffer: number; readonly calm: number },
  elsewhere: { readonly suffer: number; readonly calm: number },
): number {
  const [all, other] = [here.suffer + here.calm, elsewhere.suffer + elsewhere.calm];
  const suffer = here.suffer + elsewhere.suffer;
  let sum = 0;
  for (let many = here.suffer; many <= Math.min(all, suffer); many += 1)
    sum += ways(all, many) * ways(other, suffer - many);
  return sum / ways(all + other, suffer);
}

/** The place of most of those that suffer; undefined where so many may be there by chance, or too few are elsewhere to tell. */
export function commonPlace(
  suffering: readonly Placed[],
  calm: readonly Placed[],
  most = mostChance,
): string | undefined {
  const [largest] = [...Map.groupBy(suffering, ({ place }) => place)].toSorted(
    ([, a], [, b]) => b.length - a.length,
  );
  const [place, together] = largest ?? [];
  if (place === undefined || together === undefined || together.length < fewestTogether) return undefined;
  const isHere = (one: Placed) => one.place === place;
  const chance = chanceOfSoMany(
    { suffer: together.length, calm: calm.filter((one) => isHere(one) && one.telling).length },
    {
      suffer: suffering.length - together.length,
      calm: calm.filter((one) => !isHere(one)).length,
    },
  );
  return chance <= most ? place : undefined;
}
