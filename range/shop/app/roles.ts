import type { Role } from './role.ts';

/** Every service of the shop, by the name that its process is started with; only the one that is wanted is loaded. */
export const roles: Readonly<Record<string, () => Promise<Role>>> = {
  storefront: async () => (await import('./roles/storefront.ts')).storefront,
  catalog: async () => (await import('./roles/catalog.ts')).catalog,
  pricing: async () => (await import('./roles/pricing.ts')).pricing,
  recommendations: async () => (await import('./roles/recommendations.ts')).recommendations,
  cart: async () => (await import('./roles/cart.ts')).cart,
  checkout: async () => (await import('./roles/checkout.ts')).checkout,
  payment: async () => (await import('./roles/payment.ts')).payment,
  shipping: async () => (await import('./roles/shipping.ts')).shipping,
  visitors: async () => (await import('./roles/visitors.ts')).visitors,
};
