export type OrderLine = { sku: string; quantity: number; unitCents: number; weightGrams: number };

export type VolumeDiscount = { fromQuantity: number; percent: number };

/**
 * What the goods of an order cost in cents. Rounds once, on the whole order: rounding line by line drifted from the
 * totals that the accounts show.
 */
export function orderTotalCents(lines: readonly OrderLine[], discount: VolumeDiscount): bigint {
  let total = 0;
  for (const { quantity, unitCents } of lines) {
    const factor = quantity >= discount.fromQuantity ? 1 - discount.percent / 100 : 1;
    total += quantity * unitCents * factor;
  }
  return BigInt(Number(total.toFixed(2)));
}
