import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Test files that take minutes, the longest first: begun last, one of them would keep a single core busy while all others rest. */
export const longest = ['range/start.test.ts', 'range/cluster/start.test.ts'] as const;

/** Begins with the longest files; the rest is in vitest's own order. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = longest.findIndex((name) => moduleId.endsWith(`/${name}`));
      return place < 0 ? longest.length : place;
    };
    return sorted.toSorted((one, other) => placeOf(one) - placeOf(other));
  }
}
