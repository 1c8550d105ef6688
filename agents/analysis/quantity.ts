/** Kubernetes resource quantities: `250m`, `64Mi`, `1.5`, `2e3`. */
const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
  Pi: 1024 ** 5,
};

/** The number that a quantity stands for (cores, bytes), or undefined for text that is none. */
export function parseQuantity(text: string | number | undefined): number | undefined {
  if (typeof text === 'number') return text;
  const match = /^(\d+(?:\.\d+)?(?:e\d+)?)([a-zA-Z]{0,2})$/.exec(text?.trim() ?? '');
  const factor = suffixes[match?.[2] ?? '?'];
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
}

/** Bytes as a quantity in whole mebibytes, rounded up. */
export function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 ** 2)}Mi`;
}

/** Cores as a quantity in whole millicores, rounded up. */
export function millicores(cores: number): string {
  return `${Math.ceil(cores * 1000 - 1e-9)}m`;
}
