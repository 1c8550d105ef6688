import type { Role } from './role.ts';
import { cart } from './roles/cart.ts';
import { catalog } from './roles/catalog.ts';
import { checkout } from './roles/checkout.ts';
import { payment } from './roles/payment.ts';
import { pricing } from './roles/pricing.ts';
import { recommendations } from './roles/recommendations.ts';
import { shipping } from './roles/shipping.ts';
import { storefront } from './roles/storefront.ts';
import { visitors } from './roles/visitors.ts';

/** Every service of the shop, by the name that its process is started with. */
export const roles: Readonly<Record<string, Role>> = {
  storefront,
  catalog,
  pricing,
  recommendations,
  cart,
  checkout,
  payment,
  shipping,
  visitors,
};
