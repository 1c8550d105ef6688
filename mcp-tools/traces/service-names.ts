import { nearestWords } from '../kubernetes/did-you-mean.ts';

/**
 * The names under which a store knows a service. Meshes and agents write the namespace beside it: `cart.shop`, `shop/cart`.
 */
export function namesOfService(service: string, known: readonly string[]): string[] {
  if (known.includes(service)) return [service];
  return known.filter((name) => {
    const parts = name.split(/[./]/);
    return parts[0] === service || parts.at(-1) === service;
  });
}

export function unknownServiceHint(service: string, known: readonly string[]): string {
  if (known.length === 0) return 'the store of traces knows no service at all; does anything send it spans?';
  const near = nearestWords(service, known);
  const meant =
    near.length === 0 ? `it knows ${known.slice(0, 20).join(', ')}` : `did you mean ${near.join(', ')}`;
  return `the store of traces knows no service "${service}"; ${meant}`;
}

/** Stores trace themselves; that is no part of the system that is looked at. */
export function isOwnService(name: string): boolean {
  return /^(?:jaeger(?:-.*)?|tempo(?:-.*)?)$/.test(name);
}
