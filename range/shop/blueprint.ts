import { boughtTogether, priceRules, products, shippingZones } from './goods.ts';

export const serviceNames = [
  'storefront',
  'catalog',
  'pricing',
  'recommendations',
  'cart',
  'checkout',
  'payment',
  'shipping',
] as const;
export type ServiceName = (typeof serviceNames)[number];

type Amounts = { cpu: string; memory: string };

export type ServiceBlueprint = {
  version: string;
  replicas: number;
  /** `Recreate` where two copies at once would be wrong. */
  strategy: 'RollingUpdate' | 'Recreate';
  requests: Amounts;
  limits: Amounts;
  /** Keys of the service's ConfigMap, which it gets as environment. */
  settings: Readonly<Record<string, string>>;
  /** Key of a URL → the service behind it: whom it calls. */
  calls: Readonly<Record<string, ServiceName>>;
  /** Data files of the service's second ConfigMap, by name. */
  files?: Readonly<Record<string, unknown>>;
  /** Keys of the service's Secret. */
  credentials?: Readonly<Record<string, string>>;
};

export const servicePort = 8080;

const small: Pick<ServiceBlueprint, 'requests' | 'limits'> = {
  requests: { cpu: '25m', memory: '64Mi' },
  limits: { cpu: '500m', memory: '160Mi' },
};
const rolling = { replicas: 1, strategy: 'RollingUpdate' } as const;

/** The whole shop: what each service needs and whom it calls. */
export const blueprint: Readonly<Record<ServiceName, ServiceBlueprint>> = {
  storefront: {
    ...small,
    ...rolling,
    version: '2.3.1',
    replicas: 2,
    settings: { SHOP_NAME: 'Leaf & Pot' },
    calls: {
      CATALOG_URL: 'catalog',
      CART_URL: 'cart',
      CHECKOUT_URL: 'checkout',
      RECOMMENDATIONS_URL: 'recommendations',
    },
  },
  catalog: {
    ...small,
    ...rolling,
    version: '1.9.0',
    replicas: 2,
    settings: { PAGE_SIZE: '12' },
    calls: { PRICING_URL: 'pricing' },
    files: { 'products.json': { products } },
  },
  pricing: {
    ...small,
    ...rolling,
    version: '3.0.4',
    settings: { DEMAND_HISTORY_DAYS: '2190' },
    calls: {},
    files: { 'price-rules.json': priceRules },
  },
  recommendations: {
    ...small,
    ...rolling,
    version: '0.8.2',
    settings: { SUGGESTIONS_SHOWN: '3' },
    calls: { CATALOG_URL: 'catalog' },
    files: { 'bought-together.json': { pairs: boughtTogether } },
  },
  cart: {
    ...small,
    version: '1.2.5',
    replicas: 1,
    strategy: 'Recreate', // carts are in its memory
    settings: { CART_CAPACITY: '5000', CART_IDLE_MINUTES: '30' },
    calls: {},
  },
  checkout: {
    ...small,
    ...rolling,
    version: '1.6.2',
    settings: { VOLUME_DISCOUNT_FROM_QUANTITY: '3', VOLUME_DISCOUNT_PERCENT: '5' },
    calls: {
      CART_URL: 'cart',
      CATALOG_URL: 'catalog',
      SHIPPING_URL: 'shipping',
      PAYMENT_URL: 'payment',
    },
  },
  payment: {
    ...small,
    ...rolling,
    version: '1.4.3',
    settings: { ACQUIRER: 'northbank', CURRENCY: 'EUR', STATEMENT_TEXT: 'LEAF AND POT' },
    calls: {},
    credentials: { ACQUIRER_KEY: 'practice-only-no-real-money' },
  },
  shipping: {
    ...small,
    ...rolling,
    version: '2.0.0',
    settings: { CARRIER: 'parcel-post' },
    calls: {},
    files: { 'zones.json': { zones: shippingZones } },
  },
};

/** Those who use the shop: enough of them for ratios over ten seconds to mean something. */
export const visitorsBlueprint = {
  version: '1.0.0',
  settings: { VISITORS: '18', THINK_MS: '1300', SEED: '7' },
  requests: { cpu: '25m', memory: '64Mi' },
  limits: { cpu: '500m', memory: '160Mi' },
} as const;
