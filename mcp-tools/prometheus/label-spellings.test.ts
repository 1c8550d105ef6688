import { expect, test } from 'vitest';
import { labelValue, serviceNamesIn, serviceOfAddress, workloadOfPod } from './label-spellings.ts';

test.each([
  ['checkout-7d9f8b6c5d-bcdfg', 'checkout'],
  ['order-service-v2-5c8d9f7b6d-kkxzq', 'order-service-v2'],
  ['payment-0', 'payment'],
  ['redis-cluster-12', 'redis-cluster'],
  ['node-exporter-zxwvt', 'node-exporter'],
  ['cleanup-28374650-bcdfg', 'cleanup'],
  ['redis-cache', 'redis-cache'],
  ['cart', 'cart'],
])('pod %s is of workload %s', (pod, workload) => {
  expect(workloadOfPod(pod)).toBe(workload);
});

test.each([
  ['payment', 'payment'],
  ['payment:8080', 'payment'],
  ['http://payment.shop.svc.cluster.local:8080/charge', 'payment'],
  ['payment.shop', 'payment'],
  ['payment.shop.svc', 'payment'],
  ['api.stripe.example.com:443', 'api.stripe.example.com'],
  ['10.96.0.10:53', '10.96.0.10'],
])('address %s names %s', (address, service) => {
  expect(serviceOfAddress(address)).toBe(service);
});

test('what a target says of itself goes before what it is scraped as', () => {
  const labels = { namespace: 'monitoring', exported_namespace: 'shop', pod: 'ksm-0' };
  expect(labelValue(labels, 'namespace')).toBe('shop');
  expect(labelValue(labels, 'pod')).toBe('ksm-0');
  expect(labelValue(labels, 'node')).toBeUndefined();
});

test('a service is known by all the names that its labels give it', () => {
  const labels = { service: 'cart-http', app: 'cart', pod: 'basket-6c9d7f8b5d-zxwvt', job: 'shop/carts' };
  expect([...serviceNamesIn(labels)].sort()).toEqual(['basket', 'cart', 'cart-http', 'carts']);
});
