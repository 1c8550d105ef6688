import { expect, test } from 'vitest';
import { servicesNamedIn } from './addresses.ts';

const services = [
  { namespace: 'shop', name: 'payment' },
  { namespace: 'shop', name: 'info' },
  { namespace: 'data', name: 'postgres' },
  { namespace: 'data', name: 'payment' },
];

const named = (key: string, value: string): string[] =>
  servicesNamedIn({ key, value, namespace: 'shop' }, services).map((one) => `${one.namespace}/${one.name}`);

test.each<[string, string, string[]]>([
  ['PAYMENT_URL', 'http://payment:8080/charge', ['shop/payment']],
  ['PAYMENT_ADDR', 'payment', ['shop/payment']],
  ['PAYMENT_SERVICE_HOST', 'payment', ['shop/payment']],
  ['ANYTHING', 'payment:50051', ['shop/payment']],
  ['DATABASE', 'postgres://app:x@postgres.data.svc.cluster.local:5432/shop', ['data/postgres']],
  ['DATABASE_HOST', 'postgres.data', ['data/postgres']],
  ['BROKERS', 'payment:9092,postgres.data:9092', ['shop/payment', 'data/postgres']],
  ['application.yaml', 'upstream:\n  url: "http://payment.data/charge"\n', ['data/payment']],
])('%s=%s names what it points to', (key, value, found) => {
  expect(named(key, value)).toEqual(found);
});

test.each([
  ['LOG_LEVEL', 'info'],
  ['APP_NAME', 'payment'],
  ['PAYMENT_URL', 'https://payment.example.com/api'],
  ['PAYMENT_URL', 'http://my-payment:8080'],
  ['PAYMENT_URL', 'http://payment-v2:8080'],
  ['DATABASE_HOST', 'postgres'],
  ['NOTE', 'see the payment service and info'],
  ['IMAGE', 'registry.example.com/payment:1.2'],
])('%s=%s names no Service', (key, value) => {
  expect(named(key, value)).toEqual([]);
});

test('a text that is made to be slow is not', () => {
  const before = process.cpuUsage();
  named('URL', 'a-'.repeat(40_000));
  named('URL', 'a.'.repeat(40_000));
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(1);
});
