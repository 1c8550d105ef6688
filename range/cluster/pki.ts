import 'reflect-metadata'; // @peculiar/x509 resolves its parts with decorators and refuses to load without it
import { generateKeyPairSync, KeyObject, webcrypto } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { writePrivateFile } from '#machine/private-file.ts';

/** A certificate and its private key, both PEM. */
export type KeyPairPem = { certificatePem: string; privateKeyPem: string };

/** What a certificate is issued for. */
export type LeafRequest = {
  commonName: string;
  organization?: string;
  usage: 'client' | 'server' | 'both';
  ipAddresses?: readonly string[];
  dnsNames?: readonly string[];
};

export type CertificateAuthority = KeyPairPem & { issue(request: LeafRequest): Promise<KeyPairPem> };

/** The key pair that signs and checks service account tokens, PEM. */
export type SigningKeyPem = { privateKeyPem: string; publicKeyPem: string };

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;
const authorityDays = 3650;
// Leaves are issued anew at every start, so that addresses always fit; this only bounds how long one start may last.
const leafDays = 365;
// A machine whose clock was set back a little must not refuse its own cluster.
const clockSlackMs = dayMs;

const extendedUsages = {
  client: [x509.ExtendedKeyUsage.clientAuth],
  server: [x509.ExtendedKeyUsage.serverAuth],
  both: [x509.ExtendedKeyUsage.clientAuth, x509.ExtendedKeyUsage.serverAuth],
} as const;

function validity(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - clockSlackMs), notAfter: new Date(now + days * dayMs) };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function privateKeyPem(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();
}

function subject(request: Pick<LeafRequest, 'commonName' | 'organization'>): x509.JsonName {
  const name: x509.JsonName = [{ CN: [request.commonName] }];
  return request.organization === undefined ? name : [{ O: [request.organization] }, ...name];
}

async function createAuthority(commonName: string): Promise<KeyPairPem> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: subject({ commonName }),
    keys,
    signingAlgorithm: algorithm,
    ...validity(authorityDays),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: certificate.toString('pem'), privateKeyPem: privateKeyPem(keys.privateKey) };
}

async function issueLeaf(
  authority: x509.X509Certificate,
  signingKey: webcrypto.CryptoKey,
  request: LeafRequest,
): Promise<KeyPairPem> {
  const keys = await generateKeys();
  const names = [
    ...(request.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
    ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    subject: subject(request),
    issuer: authority.subjectName,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    ...validity(leafDays),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([...extendedUsages[request.usage]]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ],
  });
  return { certificatePem: certificate.toString('pem'), privateKeyPem: privateKeyPem(keys.privateKey) };
}

async function openAuthority(pair: KeyPairPem): Promise<CertificateAuthority> {
  const certificate = new x509.X509Certificate(pair.certificatePem);
  const der = x509.PemConverter.decodeFirst(pair.privateKeyPem);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign']);
  return { ...pair, issue: (request) => issueLeaf(certificate, signingKey, request) };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function loadOrCreateAuthority(folder: string, name: string): Promise<CertificateAuthority> {
  const certificatePath = join(folder, `${name}.crt`);
  const keyPath = join(folder, `${name}.key`);
  const [certificatePem, keyPem] = await Promise.all([readIfThere(certificatePath), readIfThere(keyPath)]);
  if (certificatePem !== undefined && keyPem !== undefined) {
    return openAuthority({ certificatePem, privateKeyPem: keyPem });
  }
  const created = await createAuthority(`understudy-${name}`);
  await writePrivateFile(keyPath, created.privateKeyPem);
  await writeFile(certificatePath, created.certificatePem);
  return openAuthority(created);
}

async function loadOrCreateSigningKey(folder: string): Promise<SigningKeyPem> {
  const publicPath = join(folder, 'service-accounts.pub');
  const privatePath = join(folder, 'service-accounts.key');
  const [publicKeyPem, keyPem] = await Promise.all([readIfThere(publicPath), readIfThere(privatePath)]);
  if (publicKeyPem !== undefined && keyPem !== undefined) return { publicKeyPem, privateKeyPem: keyPem };
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const created = {
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
  await writePrivateFile(privatePath, created.privateKeyPem);
  await writeFile(publicPath, created.publicKeyPem);
  return created;
}

/**
 * The authorities and the service account key of one range, kept in `folder` (mode 0700, keys 0600) over restarts: what is
 * stored in etcd was signed with them. `cluster` signs everything of Kubernetes, `etcd` only etcd and its one client,
 * `front-proxy` the aggregation layer's client; a certificate of one is worth nothing at the others.
 */
export async function openPki(folder: string): Promise<{
  cluster: CertificateAuthority;
  etcd: CertificateAuthority;
  frontProxy: CertificateAuthority;
  serviceAccounts: SigningKeyPem;
}> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [cluster, etcd, frontProxy, serviceAccounts] = await Promise.all([
    loadOrCreateAuthority(folder, 'cluster-ca'),
    loadOrCreateAuthority(folder, 'etcd-ca'),
    loadOrCreateAuthority(folder, 'front-proxy-ca'),
    loadOrCreateSigningKey(folder),
  ]);
  return { cluster, etcd, frontProxy, serviceAccounts };
}
