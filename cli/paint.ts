import { createColors } from 'picocolors';

/** Colours by what they say, not by their name: they only support the words. */
export type Paint = {
  strong(text: string): string;
  quiet(text: string): string;
  good(text: string): string;
  /** For what hurts users now, and for errors. */
  bad(text: string): string;
  waiting(text: string): string;
  code(text: string): string;
};

export function createPaint(enabled: boolean): Paint {
  const colors = createColors(enabled);
  return {
    strong: colors.bold,
    quiet: colors.dim,
    good: colors.green,
    bad: colors.red,
    waiting: colors.yellow,
    code: colors.cyan,
  };
}

export const plainPaint = createPaint(false);
