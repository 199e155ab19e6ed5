/** Labels that pictures of others have. */

/** `C2PA`: content credentials; `AIGC`: the label of GB 45438-2025; `DigitalSourceType`: IPTC's, of what a model drew. */
export type ContentMark = 'C2PA' | 'AIGC' | 'DigitalSourceType';

/** What tells each in a file of any format: all of them are kept uncompressed, or nearly always. */
const signs: readonly (readonly [ContentMark, readonly string[]])[] = [
  // The type of a manifest store (C2PA 2.1, 11.1.4.1), and the chunk of PNGs.
  ['C2PA', ['c2pa\0\x11\0\x10', 'caBX']],
  ['AIGC', ['tEXtAIGC\0', 'iTXtAIGC\0', '"AIGC":', '{"Label":"1"', ':AIGC']],
  ['DigitalSourceType', ['rainedAlgorithmicMedia']],
];

/** Bytes that are looked at: labels stand before the data, or behind it. */
const looked = 16 * 2 ** 20;

/**
 * Which labels a picture's file has that say a model drew it, or how it came to be. A PNG's compressed text is not read.
 * @param bytes the whole file, of any format
 */
export function findContentMarks(bytes: Uint8Array): readonly ContentMark[] {
  const parts =
    bytes.length <= 2 * looked ? [bytes] : [bytes.subarray(0, looked), bytes.subarray(bytes.length - looked)];
  const texts = parts.map((part) => new TextDecoder('latin1').decode(part));
  return signs
    .filter(([, each]) => each.some((sign) => texts.some((text) => text.includes(sign))))
    .map(([mark]) => mark);
}
