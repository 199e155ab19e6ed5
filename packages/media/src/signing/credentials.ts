/** Keys and certificates of people, checked before anything is signed with them. */
import type { KeyObject } from 'node:crypto';
import { constants, createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { SnowglobeError } from '@snowglobe/graph';

/** Text in PEM (RFC 7468), and the file that it is from, for messages. */
export interface Pem {
  readonly text: string;
  readonly source: string;
}

/** What signs, and says who does. */
export interface Credentials {
  /** As C2PA calls it. */
  readonly algorithm: string;
  /** The same in COSE (RFC 9053, RFC 8230). */
  readonly coseAlgorithm: number;
  /** The signer's own certificate first, then those that vouch for it, in DER; without the root. */
  readonly chain: readonly Uint8Array[];
  /** The name in the certificate. */
  readonly holder: string;
  sign(bytes: Uint8Array): Uint8Array;
}

interface Algorithm {
  readonly name: string;
  readonly cose: number;
  /** Ed25519 has its own. */
  readonly hash: string | null;
}

const ed25519: Algorithm = { name: 'ed25519', cose: -8, hash: null };
const ps256: Algorithm = { name: 'ps256', cose: -37, hash: 'sha256' };
const ofCurve: Readonly<Record<string, Algorithm>> = {
  prime256v1: { name: 'es256', cose: -7, hash: 'sha256' },
  secp384r1: { name: 'es384', cose: -35, hash: 'sha384' },
  secp521r1: { name: 'es512', cose: -36, hash: 'sha512' },
};
/** Bits of an RSA key that C2PA asks for. */
const leastRsaBits = 2048;

/**
 * Reads a private key and the certificates that go with it.
 * @throws SnowglobeError for what is no such thing, does not belong together, is not valid today, or signs in a way that C2PA does not know
 */
export function readCredentials(keyPem: Pem, certificatesPem: Pem): Credentials {
  const key = readKey(keyPem);
  const algorithm = algorithmOf(key, keyPem.source);
  const certificates = readCertificates(certificatesPem);
  const [own] = certificates;
  if (!own!.checkPrivateKey(key)) {
    throw new SnowglobeError(
      `${certificatesPem.source}: its first certificate (${holderOf(own!)}) is for another key than ${keyPem.source}; give the certificate of this key first.`,
    );
  }
  const options = {
    key,
    dsaEncoding: 'ieee-p1363' as const,
    ...(algorithm === ps256 && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  };
  return {
    algorithm: algorithm.name,
    coseAlgorithm: algorithm.cose,
    // Who reads it has the root already, or does not trust it (C2PA, 14.6.1).
    chain: certificates
      .filter((certificate, i) => i === 0 || !isRoot(certificate))
      .map(({ raw }) => new Uint8Array(raw)),
    holder: holderOf(own!),
    sign: (bytes) => new Uint8Array(sign(algorithm.hash, bytes, options)),
  };
}

function readKey({ text, source }: Pem): KeyObject {
  if (/ENCRYPTED/.test(text)) {
    throw new SnowglobeError(
      `${source}: the private key has a password, which cannot be asked for here; write it without one (openssl pkey -in KEY -out PLAIN) and keep that file to yourself.`,
    );
  }
  try {
    return createPrivateKey(text);
  } catch (cause) {
    throw new SnowglobeError(
      `${source}: holds no private key in PEM (${(cause as Error).message}); give the file that begins with -----BEGIN PRIVATE KEY-----.`,
      { cause },
    );
  }
}

function algorithmOf(
  { asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject,
  source: string,
): Algorithm {
  const curve = details?.namedCurve;
  const bits = details?.modulusLength ?? 0;
  const known =
    type === 'ed25519'
      ? ed25519
      : type === 'ec'
        ? ofCurve[curve ?? '']
        : (type === 'rsa' || type === 'rsa-pss') && bits >= leastRsaBits
          ? ps256
          : undefined;
  if (known) return known;
  const is =
    type === 'ec' ? `an EC key on ${curve}` : bits > 0 ? `an RSA key of ${bits} bits` : `a key for ${type}`;
  throw new SnowglobeError(
    `${source}: is ${is}, and C2PA signs with EC keys on P-256, P-384 or P-521, Ed25519, or RSA of ${leastRsaBits} bits and more; give one of these.`,
  );
}

/** The chain, each certificate vouched for by the next. */
function readCertificates({ text, source }: Pem): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) {
    throw new SnowglobeError(
      `${source}: holds no certificate in PEM; give the file that begins with -----BEGIN CERTIFICATE-----, the signer's own first.`,
    );
  }
  const certificates = blocks.map((block, i) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new SnowglobeError(
        `${source}: certificate ${i + 1} of ${blocks.length} cannot be read (${(cause as Error).message}); fetch it anew.`,
        { cause },
      );
    }
  });
  const now = Date.now();
  for (const [i, certificate] of certificates.entries()) {
    const { validFrom, validTo } = certificate;
    if (now < Date.parse(validFrom) || now > Date.parse(validTo)) {
      throw new SnowglobeError(
        `${source}: the certificate of ${holderOf(certificate)} is valid from ${validFrom} to ${validTo}, and not now; renew it, or see that the clock is right.`,
      );
    }
    const next = certificates[i + 1];
    if (next && !(certificate.checkIssued(next) && certificate.verify(next.publicKey))) {
      throw new SnowglobeError(
        `${source}: the certificate of ${holderOf(certificate)} is not issued by the one that follows it (${holderOf(next)}); list the chain in order, the signer's own first.`,
      );
    }
  }
  return certificates;
}

const isRoot = (certificate: X509Certificate): boolean =>
  certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);

/** The common name, or all of the name. */
const holderOf = ({ subject }: X509Certificate): string =>
  /^CN=(.+)$/m.exec(subject)?.[1] ?? subject.replaceAll('\n', ', ');
