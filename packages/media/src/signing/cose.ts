import { encode, Tagged } from 'cborg';
import type { Credentials } from './credentials.js';

/** Labels of a COSE header (RFC 9052, 3.1; RFC 9360). */
const [algorithmLabel, chainLabel] = [1, 33];
/** Of COSE_Sign1. */
const sign1Tag = 18;

/** Signs bytes that are kept elsewhere: a COSE_Sign1 without its payload (RFC 9052, 4.2), as claims of C2PA are signed. */
export function signDetached(
  payload: Uint8Array,
  { coseAlgorithm, chain, sign }: Credentials,
): Uint8Array<ArrayBuffer> {
  const header = encode(
    new Map<number, unknown>([
      [algorithmLabel, coseAlgorithm],
      [chainLabel, chain.length === 1 ? chain[0] : chain],
    ]),
  );
  const signature = sign(encode(['Signature1', header, new Uint8Array(), payload]));
  return Uint8Array.from(encode(new Tagged(sign1Tag, [header, {}, null, signature])));
}
