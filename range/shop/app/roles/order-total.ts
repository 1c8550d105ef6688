export type OrderLine = { sku: string; quantity: number; unitCents: number; weightGrams: number };

export type VolumeDiscount = { fromQuantity: number; percent: number };

/** What the goods of an order cost in cents: each line is discounted and rounded by itself. */
export function orderTotalCents(lines: readonly OrderLine[], discount: VolumeDiscount): bigint {
  let totalCents = 0n;
  for (const { quantity, unitCents } of lines) {
    const factor = quantity >= discount.fromQuantity ? 1 - discount.percent / 100 : 1;
    totalCents += BigInt(Math.round(quantity * unitCents * factor));
  }
  return totalCents;
}
