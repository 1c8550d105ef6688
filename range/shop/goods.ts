/** The shop's data files, as its ConfigMaps hold them. */

type Product = { sku: string; name: string; category: string; baseCents: number; weightGrams: number };

const shelves: Readonly<Record<string, readonly (readonly [string, number, number])[]>> = {
  tea: [
    ['Keemun, loose leaf', 1295, 100],
    ['Longjing, spring picking', 2450, 100],
    ['Lapsang, smoked over pine', 1575, 100],
    ['Genmaicha', 990, 150],
    ['Tieguanyin, lightly roasted', 1835, 100],
    ['Shou pu-erh, 2016', 3299, 357],
    ['Rooibos with vanilla', 745, 200],
    ['Jasmine pearls', 2115, 100],
  ],
  ware: [
    ['Gaiwan, white porcelain', 2790, 260],
    ['Kyusu, clay', 5450, 420],
    ['Cups, set of four', 3185, 640],
    ['Glass pitcher', 1945, 310],
    ['Tea tray, bamboo', 4295, 1450],
    ['Strainer, steel', 885, 60],
    ['Tin, 200 g', 1165, 140],
    ['Scale, 0.1 g', 3655, 390],
  ],
  pantry: [
    ['Almond biscuits', 695, 250],
    ['Mooncake, lotus', 1245, 180],
    ['Rock sugar', 455, 500],
    ['Honey, acacia', 1085, 350],
    ['Candied ginger', 825, 200],
    ['Sesame brittle', 565, 220],
    ['Plums, salted', 615, 150],
    ['Oat bars', 735, 300],
  ],
};

export const products: readonly Product[] = Object.entries(shelves).flatMap(([category, rows]) =>
  rows.map(([name, baseCents, weightGrams], index) => ({
    sku: `${category}-${String(index + 1).padStart(2, '0')}`,
    name,
    category,
    baseCents,
    weightGrams,
  })),
);

export const priceRules = { bandPercent: 12, elasticity: 0.4 };

export const boughtTogether = products.map(({ sku }, index) => ({
  sku,
  with: [5, 11, 17].map((step) => products[(index + step) % products.length]?.sku ?? sku),
}));

export const shippingZones = [
  { name: 'domestic', baseCents: 490, centsPerKilogram: 120 },
  { name: 'neighbours', baseCents: 890, centsPerKilogram: 260 },
  { name: 'overseas', baseCents: 1690, centsPerKilogram: 740 },
];
