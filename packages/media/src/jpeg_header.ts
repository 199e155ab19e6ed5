/** What stands in a JPEG before its first scan (ITU T.81, annex B). */
import { SnowglobeError } from '@snowglobe/graph';
import { exifOrientation } from './orientation.js';

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** Whether the first three components are luminance and two colour differences. */
  readonly isYcc: boolean;
  /** The Exif tag, 1 to 8. */
  readonly orientation: number;
  /** The file without what is not decoded: fill bytes and application data. */
  readonly essence: Uint8Array;
}

const [SOI, EOI, SOS, DHP] = [0xd8, 0xd9, 0xda, 0xde];
const [JFIF, EXIF, ADOBE, COMMENT] = [0xe0, 0xe1, 0xee, 0xfe];

/** Frames that are not decoded, by their marker. */
const unread: Readonly<Record<number, string>> = {
  0xc3: 'lossless coding',
  0xc5: 'hierarchical coding',
  0xc6: 'hierarchical coding',
  0xc7: 'hierarchical coding',
  0xc9: 'arithmetic coding',
  0xca: 'arithmetic coding',
  0xcb: 'arithmetic coding',
  0xcd: 'arithmetic coding',
  0xce: 'arithmetic coding',
  0xcf: 'arithmetic coding',
  [DHP]: 'hierarchical coding',
  0xf7: 'the coding of JPEG-LS',
};

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly ids: readonly number[];
}

/**
 * Reads the markers up to the first scan.
 * @param name what is being read, for messages
 * @returns undefined where the markers do not lead to a scan: the file is damaged
 * @throws SnowglobeError for a kind of JPEG that is not decoded
 */
export function readJpegHeader(bytes: Uint8Array, name: string): JpegHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [Uint8Array.of(0xff, SOI)];
  let frame: Frame | undefined;
  let orientation: number | undefined;
  let hasJfif = false;
  let adobe: number | undefined;
  let at = 2;
  for (;;) {
    if (bytes[at] !== 0xff) return undefined;
    // Any marker may have fill bytes before it (B.1.1.2).
    while (bytes[at + 1] === 0xff) at++;
    const marker = bytes[at + 1];
    if (marker === undefined || marker < 0xc0 || marker === SOI || marker === EOI) return undefined;
    if (at + 4 > bytes.length) return undefined;
    const length = view.getUint16(at + 2);
    const segment = bytes.subarray(at, at + 2 + length);
    if (length < 2 || at + 2 + length > bytes.length) return undefined;
    const data = segment.subarray(4);
    if (unread[marker]) throw notRead(name, `a JPEG with ${unread[marker]}`);
    if (marker === SOS) break;
    if (marker >= 0xc0 && marker <= 0xc2) {
      if (frame) return undefined;
      frame = readFrame(data, name);
      if (!frame) return undefined;
    } else if (marker === JFIF && startsWith(data, 'JFIF\0')) hasJfif = true;
    else if (marker === EXIF && startsWith(data, 'Exif\0')) {
      orientation ??= exifOrientation(data.subarray(6));
    }
    const isAdobe = marker === ADOBE && startsWith(data, 'Adobe') && data.length >= 12;
    if (isAdobe) adobe = data[11];
    const isApplication = (marker >= 0xe0 && marker <= 0xef) || marker === COMMENT;
    if (!isApplication || isAdobe) kept.push(segment);
    at += 2 + length;
  }
  if (!frame) return undefined;
  if (frame.ids.length === 4 && adobe === undefined) {
    throw notRead(name, 'a JPEG of four components without an Adobe marker, which would say what they are');
  }
  kept.push(bytes.subarray(at));
  const { width, height, ids } = frame;
  const isJfif = hasJfif && ids.length === 3;
  const isYcc = isJfif || (adobe === undefined ? String.fromCharCode(...ids) !== 'RGB' : adobe !== 0);
  return { width, height, isYcc, orientation: orientation ?? 1, essence: joined(kept) };
}

function readFrame(data: Uint8Array, name: string): Frame | undefined {
  const count = data[5]!;
  if (data.length < 6 || data.length !== 6 + 3 * count) return undefined;
  if (data[0] !== 8) throw notRead(name, `a JPEG of ${data[0]} bits a sample`);
  if (![1, 3, 4].includes(count)) throw notRead(name, `a JPEG of ${count} components`);
  const height = (data[1]! << 8) | data[2]!;
  const width = (data[3]! << 8) | data[4]!;
  if (height === 0 && width > 0) {
    throw notRead(name, 'a JPEG that tells its height only after the picture (DNL)');
  }
  return { width, height, ids: Array.from({ length: count }, (_, i) => data[6 + 3 * i]!) };
}

const startsWith = (data: Uint8Array, text: string): boolean =>
  String.fromCharCode(...data.subarray(0, text.length)) === text;

const notRead = (name: string, what: string): SnowglobeError =>
  new SnowglobeError(
    `${name} is ${what}, which is not read; save it as a baseline or progressive JPEG, or as PNG`,
  );

/** One array of several. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let to = 0;
  for (const part of parts) {
    whole.set(part, to);
    to += part.length;
  }
  return whole;
}
