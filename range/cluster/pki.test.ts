import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type Server } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KeyPairPem, openPki } from './pki.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'range-pki-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** Connects over real TLS and says whether both sides trusted one another. */
async function handshake(server: KeyPairPem, client: KeyPairPem, ca: string, host: string): Promise<string> {
  const listener: Server = createServer({
    cert: server.certificatePem,
    key: server.privateKeyPem,
    ca,
    requestCert: true,
    rejectUnauthorized: true,
  });
  listener.on('secureConnection', (socket) => socket.end(String(socket.getPeerCertificate().subject.CN)));
  listener.on('tlsClientError', () => undefined);
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('the test server has no port');
  const socket = connect({
    host,
    port: address.port,
    ca,
    cert: client.certificatePem,
    key: client.privateKeyPem,
  });
  let seen = '';
  socket.on('data', (chunk) => {
    seen += chunk.toString();
  });
  try {
    await once(socket, 'end');
    // A server that refuses a TLS 1.3 client closes without a word.
    return seen === '' ? 'refused' : seen;
  } finally {
    socket.destroy();
    listener.close();
  }
}

describe('the range’s certificates', () => {
  it('let a client and a server of the same authority trust one another by IP address', async () => {
    const pki = await openPki(folder);
    const server = await pki.cluster.issue({
      commonName: 'kube-apiserver',
      usage: 'server',
      ipAddresses: ['127.0.0.1'],
    });
    const client = await pki.cluster.issue({
      commonName: 'admin',
      organization: 'system:masters',
      usage: 'client',
    });
    expect(await handshake(server, client, pki.cluster.certificatePem, '127.0.0.1')).toBe('admin');
  });

  it('do not cross authorities', async () => {
    const pki = await openPki(folder);
    const server = await pki.etcd.issue({ commonName: 'etcd', usage: 'server', ipAddresses: ['127.0.0.1'] });
    const client = await pki.cluster.issue({ commonName: 'admin', usage: 'client' });
    const outcome = handshake(server, client, pki.etcd.certificatePem, '127.0.0.1');
    expect(await outcome.catch(() => 'refused')).toBe('refused');
  });

  it('carry the group that Kubernetes reads and the names that were asked for', async () => {
    const pki = await openPki(folder);
    const leaf = new X509Certificate(
      (
        await pki.cluster.issue({
          commonName: 'system:node:node-1',
          organization: 'system:nodes',
          usage: 'both',
          ipAddresses: ['10.160.0.11'],
          dnsNames: ['node-1'],
        })
      ).certificatePem,
    );
    expect(leaf.subject).toBe('O=system:nodes\nCN=system:node:node-1');
    expect(leaf.subjectAltName).toBe('IP Address:10.160.0.11, DNS:node-1');
    expect(leaf.ca).toBe(false);
    expect(leaf.verify(new X509Certificate(pki.cluster.certificatePem).publicKey)).toBe(true);
  });

  it('are the same after a restart, with keys that only the owner may read', async () => {
    const first = await openPki(folder);
    const second = await openPki(folder);
    expect(second.cluster.certificatePem).toBe(first.cluster.certificatePem);
    expect(second.serviceAccounts).toEqual(first.serviceAccounts);
    for (const name of ['cluster-ca.key', 'etcd-ca.key', 'front-proxy-ca.key', 'service-accounts.key']) {
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    }
  });
});
