/** What is needed of a service's settings here. */
type RequiredSettings = { text(key: string): string };

/** On which terms cards are charged, and where the money goes. */
export type PaymentTerms = {
  acquirer: string;
  currency: string;
  statementText: string;
  settlementAccount: string;
};

export function paymentTerms(settings: RequiredSettings): PaymentTerms {
  return {
    acquirer: settings.text('ACQUIRER'),
    currency: settings.text('CURRENCY'),
    statementText: settings.text('STATEMENT_TEXT'),
    settlementAccount: settings.text('SETTLEMENT_ACCOUNT'),
  };
}
