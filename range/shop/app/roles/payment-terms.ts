import type { Settings } from '../settings.ts';

/** On which terms cards are charged. */
export type PaymentTerms = { acquirer: string; currency: string; statementText: string };

export function paymentTerms(settings: Settings): PaymentTerms {
  return {
    acquirer: settings.text('ACQUIRER'),
    currency: settings.text('CURRENCY'),
    statementText: settings.text('STATEMENT_TEXT'),
  };
}
