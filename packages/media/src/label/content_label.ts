/** What files say of how they came to be, for programs that read them. */
import type { ContentMark } from './marks.js';

/** A label as plain data; every format has a place for it, see `encodePng`, `encodeGif` and `videoTags`. */
export interface ContentLabel {
  /** Name and version of the program. */
  readonly software: string;
  /** What the file shows, in a sentence. */
  readonly description: string;
  /** How it came to be, a term of IPTC's vocabulary "Digital Source Type"; absent where none fits. */
  readonly digitalSourceType?: 'trainedAlgorithmicMedia' | 'algorithmicMedia';
  /** The model that drew it; of what no model drew absent. */
  readonly model?: string;
  /** Of what a model drew. */
  readonly aigc?: AigcLabel;
  /** Labels that the picture had which it began with; absent where it had none. */
  readonly promptMarks?: readonly ContentMark[];
}

/** The seven fields of an implicit label as GB 45438-2025, annex E, lists them. */
export interface AigcLabel {
  /** `1`: it is generated. */
  readonly Label: '1';
  readonly ContentProducer: string;
  readonly ProduceID: string;
  readonly ReservedCode1: string;
  readonly ContentPropagator: string;
  readonly PropagateID: string;
  readonly ReservedCode2: string;
}

/** What a world drew. */
export interface ModelContent {
  /** Name of the world. */
  readonly world: string;
  /** SHA-256 of the world's file in hexadecimal digits; empty where it is not known. */
  readonly checksum: string;
  /** Of the walk that is shown; absent of what draws walks. */
  readonly seed?: number;
  /** Frames that are shown, or of a single one its index. */
  readonly frames?: number;
  /** Version of Snowglobe. */
  readonly version: string;
  /** Who answers for the file, as it calls itself; default Snowglobe and its version. */
  readonly producer?: string | undefined;
  /** Labels that the picture had which it began with. */
  readonly promptMarks?: readonly ContentMark[] | undefined;
}

/** Characters of a name at most. */
const longestName = 200;

/**
 * The label of what a world drew. It follows from the arguments alone, so that the same command gives the same file.
 *
 * `ProduceID` is the beginning of the world's checksum, the seed and the number of frames; it holds nothing about anyone.
 */
export function contentLabel(content: ModelContent): ContentLabel {
  const { seed, frames, promptMarks = [] } = content;
  const software = softwareName(content.version);
  const world = plainText(content.world);
  const marked = promptMarks.length > 0 ? `prompt marked: ${promptMarks.join(', ')}` : '';
  return {
    software,
    description:
      `Drawn by a model: the world ${world} of ${software}${seed === undefined ? '' : `, seed ${seed}`}.` +
      (marked === '' ? '' : ` The picture that it began with was marked (${promptMarks.join(', ')}).`),
    digitalSourceType: 'trainedAlgorithmicMedia',
    model: `Snowglobe world ${world}`,
    aigc: {
      Label: '1',
      ContentProducer: plainText(content.producer ?? '') || software,
      ProduceID: [content.checksum.slice(0, 16) || 'unknown', seed, frames]
        .filter((part) => part !== undefined)
        .join('-'),
      ReservedCode1: marked,
      ContentPropagator: '',
      PropagateID: '',
      ReservedCode2: '',
    },
    ...(promptMarks.length > 0 && { promptMarks }),
  };
}

export const softwareName = (version: string): string => `Snowglobe ${version}`;

/** One line without control and format characters, of 200 characters at most: names come from anywhere. */
export function plainText(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]+/gu, ' ').trim();
  return [...line].slice(0, longestName).join('');
}

/** JSON that is ASCII alone, for places that take no other text. */
export const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** The term as IPTC writes it, an address. */
export const sourceTypeAddress = (term: NonNullable<ContentLabel['digitalSourceType']>): string =>
  `http://cv.iptc.org/newscodes/digitalsourcetype/${term}`;
