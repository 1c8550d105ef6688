import { createHmac, randomUUID } from 'node:crypto';
import { RequestError } from '../errors.ts';
import { numberField, textField } from '../fields.ts';
import type { Role } from '../role.ts';
import { paymentTerms } from './payment-terms.ts';

/** Luhn's check of a card number. */
function isCardNumber(card: string): boolean {
  if (!/^\d{12,19}$/.test(card)) return false;
  const sum = [...card].toReversed().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

/** Charges cards. */
export const payment: Role = ({ settings, log }) => {
  const terms = paymentTerms(settings);
  const acquirerKey = settings.text('ACQUIRER_KEY');
  log.info('terms loaded', terms);

  return [
    {
      method: 'POST',
      path: '/charges',
      status: 201,
      handle: ({ body, log: requestLog }) => {
        const card = textField(body, 'card');
        const amountCents = numberField(body, 'amountCents');
        if (!isCardNumber(card)) throw new RequestError(402, 'the card was declined');
        if (!Number.isInteger(amountCents) || amountCents <= 0)
          throw new RequestError(400, 'field "amountCents" must be a positive whole number');
        const chargeId = randomUUID();
        const text = [chargeId, textField(body, 'reference'), amountCents, ...Object.values(terms)].join('|');
        const receipt = createHmac('sha256', acquirerKey).update(text).digest('hex');
        requestLog.info('charge settled', { chargeId, amountCents, currency: terms.currency });
        return { chargeId, receipt };
      },
    },
  ];
};
