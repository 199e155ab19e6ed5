/** Keys and certificates, made when a test runs. */
import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as unknown as Crypto);

const day = 24 * 60 * 60 * 1000;
const usages = x509.KeyUsageFlags;

interface ChainOptions {
  readonly algorithm?: EcKeyGenParams | RsaHashedKeyGenParams | { readonly name: 'Ed25519' };
  /** From today on. */
  readonly days?: readonly [from: number, to: number];
  /** Leaves out an extension that C2PA asks for. */
  readonly without?: 'keyUsage' | 'extendedKeyUsage' | 'authority';
}

/** PEM of a private key, its certificate and the root that issued it. */
export interface CertificateChain {
  readonly key: string;
  readonly certificate: string;
  readonly root: string;
}

/** A chain as C2PA's profile of certificates asks for it, ES256 by default. */
export async function certificateChain({
  algorithm = { name: 'ECDSA', namedCurve: 'P-256' },
  days = [-1, 30],
  without,
}: ChainOptions = {}): Promise<CertificateChain> {
  const rootAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const pair = async (of: object) =>
    (await webcrypto.subtle.generateKey(of as EcKeyGenParams, true, ['sign', 'verify'])) as CryptoKeyPair;
  const [authority, signer] = [await pair(rootAlgorithm), await pair(algorithm)];
  const [notBefore, notAfter] = days.map((each) => new Date(Date.now() + each * day)) as [Date, Date];
  const issued = { notBefore, notAfter, signingAlgorithm: rootAlgorithm };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...issued,
    serialNumber: '01',
    name: 'CN=Test Root, O=Test',
    notBefore: new Date(Date.now() - 1000 * day),
    keys: authority,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(usages.keyCertSign | usages.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  const certificate = await x509.X509CertificateGenerator.create({
    ...issued,
    serialNumber: '02',
    subject: 'CN=Test Signer, O=Test',
    issuer: root.subject,
    publicKey: signer.publicKey,
    signingKey: authority.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      ...(without === 'keyUsage' ? [] : [new x509.KeyUsagesExtension(usages.digitalSignature, true)]),
      ...(without === 'extendedKeyUsage'
        ? []
        : [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.emailProtection], true)]),
      await x509.SubjectKeyIdentifierExtension.create(signer.publicKey),
      ...(without === 'authority' ? [] : [await x509.AuthorityKeyIdentifierExtension.create(root.publicKey)]),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', signer.privateKey));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    key: key.export({ format: 'pem', type: 'pkcs8' }) as string,
    certificate: certificate.toString('pem'),
    root: root.toString('pem'),
  };
}
