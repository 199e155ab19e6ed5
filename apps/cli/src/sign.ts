/** Signs what a world draws, where it was asked for. */
import { basename } from 'node:path';
import type { ContentLabel } from '@snowglobe/media';
import type { ContentSigner, SignedFormat } from '@snowglobe/media/signing';
import { InvalidArgumentError, Option } from 'commander';
import { UsageError } from './command.js';
import { readInput } from './inputs.js';
import { hasEnding } from './options.js';

/** Paths of what signs. */
export interface SigningFiles {
  readonly key: string;
  readonly certificates: string;
}

/** For commander. */
export const signOption = (): Option =>
  new Option(
    '--sign <key.pem,certificates.pem>',
    'signs PNG, GIF and MP4 by C2PA with a private key and its certificates, the own one first: a change is found later; needs npm install @contentauth/c2pa-wasm',
  ).argParser((text: string): SigningFiles => {
    const [key, certificates, ...more] = text.split(',').map((part) => part.trim());
    if (!key || !certificates || more.length > 0) {
      throw new InvalidArgumentError('It must be two paths with a comma between, KEY.pem,CERTIFICATES.pem.');
    }
    return { key, certificates };
  });

/** Signs files of one command. */
export interface Signing {
  readonly holder: string;
  /** @param path where the file goes, by whose ending its format is known */
  sign(file: Uint8Array, path: string, label: ContentLabel): Promise<Uint8Array>;
}

/**
 * Gets ready to sign, before anything is made.
 * @param paths of all that is to be signed
 * @param prompt the file of the picture that it begins with
 * @throws UsageError for a format that cannot be signed; SnowglobeError for keys and certificates that cannot sign
 */
export async function openSigning(
  files: SigningFiles,
  paths: readonly string[],
  prompt: Uint8Array | undefined,
): Promise<Signing> {
  const { openSigner, signedFormats } = await import('@snowglobe/media/signing');
  const endings = Object.keys(signedFormats) as SignedFormat[];
  const formatOf = (path: string) => endings.find((ending) => hasEnding(path, ending));
  const other = paths.find((path) => formatOf(path) === undefined);
  if (other !== undefined) {
    throw new UsageError(
      `--sign: ${other} cannot be signed, as C2PA has no place in its format; give --out a name that ends in ${endings.join(', ')}.`,
    );
  }
  const [key, certificates] = await Promise.all([
    pem(files.key, 'a private key in PEM'),
    pem(files.certificates, 'certificates in PEM'),
  ]);
  const signer: ContentSigner = await openSigner(key, certificates);
  return {
    holder: signer.holder,
    sign: (file, path, label) =>
      signer.sign(file, { format: formatOf(path)!, title: basename(path), label, prompt }),
  };
}

const pem = async (source: string, what: string) => ({
  source,
  text: Buffer.from(await readInput(source, what)).toString('latin1'),
});
