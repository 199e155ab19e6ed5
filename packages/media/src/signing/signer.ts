import { SnowglobeError } from '@snowglobe/graph';
import type { ContentLabel } from '../label/content_label.js';
import { sourceTypeAddress } from '../label/content_label.js';
import { findContentMarks } from '../label/marks.js';
import { encodePng, isPng } from '../png.js';
import { embedManifest, failuresIn } from './c2pa.js';
import { signDetached } from './cose.js';
import type { Pem } from './credentials.js';
import { readCredentials } from './credentials.js';

/** Formats that C2PA has a place in, by their endings, and that are written here. */
export const signedFormats = { '.png': 'image/png', '.gif': 'image/gif', '.mp4': 'video/mp4' } as const;

/** Ending of a file that can be signed. */
export type SignedFormat = keyof typeof signedFormats;

/** What is signed. */
export interface SignedContent {
  readonly format: SignedFormat;
  /** Name of the file. */
  readonly title: string;
  /** The label that the file carries already. */
  readonly label: ContentLabel;
  /** The picture's file that it began with; where it has a manifest of its own, the new one keeps it. */
  readonly prompt?: Uint8Array | undefined;
}

/** Signs files with one key. */
export interface ContentSigner {
  /** The name in the certificate. */
  readonly holder: string;
  /**
   * The same file with a C2PA manifest: that it was made, how, and with which program; the signature covers all of it, labels included.
   * @throws SnowglobeError for a file that is damaged or of another format
   */
  sign(file: Uint8Array, content: SignedContent): Promise<Uint8Array>;
}

/**
 * Gets ready to sign by C2PA, and signs a picture for trial, so that whatever is wrong with a certificate is told now. Nothing is asked of the network:
 * there is no timestamp, and no list of trusted signers is read. In Node alone, by npm's `@contentauth/c2pa-wasm`, which is to be installed.
 * @param certificates the signer's own first, then those that vouch for it
 * @throws SnowglobeError for keys and certificates that C2PA does not take, and where the package is missing
 */
export async function openSigner(key: Pem, certificates: Pem): Promise<ContentSigner> {
  const credentials = readCredentials(key, certificates);
  const { algorithm, holder } = credentials;
  const signer = {
    algorithm,
    // Signatures of one key are of one length.
    signatureBytes: signDetached(new Uint8Array(), credentials).length,
    sign: (claim: Uint8Array) => signDetached(claim, credentials),
  };
  const trial: ContentLabel = {
    ...{ software: 'Snowglobe', description: 'A trial.', digitalSourceType: 'algorithmicMedia' },
  };
  const pixel = encodePng({ width: 1, height: 1, channels: 3, data: new Uint8Array(3) });
  const manifest = manifestOf({ format: '.png', title: 'trial.png', label: trial });
  await embedManifest({ ...signer, file: pixel, mediaType: signedFormats['.png'], manifest }).catch(
    (cause: unknown) => {
      if (cause instanceof SnowglobeError) throw cause;
      throw new SnowglobeError(
        `${certificates.source}: the certificate of ${holder} is none for C2PA (${failuresIn(cause)}); it must be of version 3 and for an end entity, with key usage ` +
          'digitalSignature, an extended key usage such as emailProtection, and identifiers of its own and its authority’s key.',
        { cause },
      );
    },
  );
  return {
    holder,
    async sign(file, content) {
      const { format, title } = content;
      const ingredient = ingredientOf(content);
      const request = { ...signer, file, mediaType: signedFormats[format] };
      try {
        if (ingredient) {
          const kept = await embedManifest({
            ...request,
            manifest: manifestOf(content, true),
            ingredient,
          }).catch(
            // A manifest that cannot be read is not kept; that there was one is.
            () => undefined,
          );
          if (kept) return kept;
        }
        return await embedManifest({ ...request, manifest: manifestOf(content) });
      } catch (cause) {
        if (cause instanceof SnowglobeError) throw cause;
        throw new SnowglobeError(
          `${title}: cannot be signed (${failuresIn(cause)}); see that it is a whole file in ${format.slice(1).toUpperCase()}.`,
          { cause },
        );
      }
    },
  };
}

const promptId = 'prompt';

/** The picture that it began with, as far as its marks tell. */
const aboutPrompt = (marks: readonly string[]) => ({
  ...{ title: promptId, label: promptId, relationship: 'inputTo' },
  description: `The picture that it began with; it was marked: ${marks.join(', ')}.`,
});

function manifestOf({ title, label, format }: SignedContent, isPromptApart = false): object {
  const { software, description, digitalSourceType, promptMarks } = label;
  if (digitalSourceType === undefined) {
    throw new SnowglobeError(
      `${title}: its label does not say how it came to be; give it a digitalSourceType.`,
    );
  }
  const [, name, version] = /^(.*?)(?: (\S+))?$/.exec(software)!;
  const program = { name, ...(version !== undefined && { version }) };
  return {
    title,
    format: signedFormats[format],
    claim_version: 2,
    claim_generator_info: [program],
    assertions: [
      {
        label: 'c2pa.actions.v2',
        created: true,
        data: {
          actions: [
            {
              action: 'c2pa.created',
              digitalSourceType: sourceTypeAddress(digitalSourceType),
              softwareAgent: program,
              description,
              ...(promptMarks && { parameters: { ingredientIds: [promptId] } }),
            },
          ],
        },
      },
    ],
    ...(promptMarks && !isPromptApart && { ingredients: [aboutPrompt(promptMarks)] }),
  };
}

/** The prompt's own file, where it has a manifest. */
function ingredientOf({ label: { promptMarks }, prompt }: SignedContent) {
  if (!promptMarks || !prompt || !findContentMarks(prompt).includes('C2PA')) return undefined;
  return {
    file: prompt,
    mediaType: isPng(prompt) ? 'image/png' : 'image/jpeg',
    about: aboutPrompt(promptMarks),
  };
}
