import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOutsideName, peerOf } from './log-peer.ts';

describe('peerOf', () => {
  it.each([
    ['dial tcp 10.0.0.7:5432: connect: connection refused', '10.0.0.7', 5432],
    ['dial tcp: lookup ledger on 10.96.0.10:53: no such host', 'ledger', undefined],
    ['Error: connect ECONNREFUSED 10.0.0.7:6379', '10.0.0.7', 6379],
    ['getaddrinfo ENOTFOUND stock.shop.svc', 'stock.shop.svc', undefined],
    ['connection to server at "db" (10.0.0.7), port 5432 failed: Connection refused', 'db', 5432],
    ["Can't connect to MySQL server on 'db:3306' (111)", 'db', 3306],
    ["HTTPConnectionPool(host='stock', port=8080): Max retries exceeded", 'stock', 8080],
    ['java.net.ConnectException: Connection refused: stock/10.0.0.7:8080', 'stock', 8080],
    ['java.net.UnknownHostException: stock', 'stock', undefined],
    ['connect() failed (111: Connection refused), upstream: "http://10.0.0.7:80/x"', '10.0.0.7', 80],
    ['[emerg] host not found in upstream "stock" in /etc/nginx/nginx.conf:3', 'stock', undefined],
    ['POST https://api.pay.example.com/charge: 503 Service Unavailable', 'api.pay.example.com', undefined],
    ['cannot reach redis://:secret@cache:6379/0', 'cache', 6379],
    ['Failed to connect to stock/10.0.0.7:8080', 'stock', 8080],
    ['Could not connect to Redis at cache:6379: Connection refused', 'cache', 6379],
    ['could not resolve host: stock', 'stock', undefined],
  ])('finds the other end in %s', (line, host, port) =>
    expect(peerOf(line)).toEqual(port === undefined ? { host } : { host, port }),
  );

  it.each(['no cart', 'started at 10:00:00', 'listening on :8080', ''])('finds none in %s', (line) =>
    expect(peerOf(line)).toBeUndefined(),
  );

  it('reads any line, a huge one too', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (line) => (peerOf(line)?.host ?? 'x').length > 0));
    for (const part of ['connect to ', 'a.', 'dial tcp ', 'http://']) {
      expect((peerOf(part.repeat(300_000))?.host ?? '').length).toBeLessThan(5_000);
    }
  });
});

describe('isOutsideName', () => {
  it.each([
    ['api.pay.example.com', true],
    ['8.8.8.8', true],
    ['10.0.0.7', false],
    ['172.20.0.1', false],
    ['stock', false],
    ['stock.shop', false],
    ['stock.shop.svc.cluster.local', false],
    ['db.corp.internal', false],
  ])('%s: %s', (host, expected) => expect(isOutsideName({ host })).toBe(expected));
});
