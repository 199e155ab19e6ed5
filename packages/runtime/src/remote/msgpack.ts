/** MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md) for messages that anybody may have sent. */
import { decode, encode } from '@msgpack/msgpack';
import { shape } from './sizes.js';

/** Fields that are undefined are left out, as they are in a structured clone's readers. */
export const encodeMessage = (message: object): Uint8Array<ArrayBuffer> =>
  encode(message, { ignoreUndefined: true });

/**
 * Decodes a message. Its outline is walked first, without taking memory, as a decoder takes it on the word of a length.
 * @throws Error in words when it is no MessagePack, or nested, numerous or long beyond any message
 */
export function decodeMessage(bytes: Uint8Array): unknown {
  checkOutline(bytes);
  return decode(bytes, {
    maxArrayLength: shape.elements,
    maxMapLength: shape.fields,
    maxStrLength: shape.textBytes,
    maxExtLength: 0,
  });
}

/** One value's header: the bytes that follow it, and how many values it contains. */
interface Header {
  readonly bytes: number;
  readonly values: number;
}

/** @throws Error in words */
function checkOutline(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Values that are still to come in each open list or map. */
  const open: number[] = [];
  let at = 0;
  let seen = 0;
  do {
    if (++seen > shape.values) throw new Error(`it has more than ${shape.values} values`);
    const [length, header] = readHeader(view, at);
    at += length + header.bytes;
    if (at > bytes.length) throw new Error('it is cut off');
    if (open.length > 0) open[open.length - 1]!--;
    if (header.values > 0 && open.push(header.values) > shape.depth) {
      throw new Error(`it nests deeper than ${shape.depth} levels`);
    }
    while (open.at(-1) === 0) open.pop();
  } while (open.length > 0);
  if (at < bytes.length) throw new Error('something follows it');
}

/** Bytes of the value that begins with `first`, by the spec's table of formats, for those of fixed size. */
const fixedBytes: Readonly<Record<number, number>> = {
  ...{ 0xc0: 0, 0xc2: 0, 0xc3: 0, 0xca: 4, 0xcb: 8 },
  ...{ 0xcc: 1, 0xcd: 2, 0xce: 4, 0xcf: 8, 0xd0: 1, 0xd1: 2, 0xd2: 4, 0xd3: 8 },
};

/** @returns the header's own length, and what it says */
function readHeader(view: DataView, at: number): [number, Header] {
  if (at >= view.byteLength) throw new Error('it is cut off');
  const first = view.getUint8(at);
  if (first < 0x80 || first >= 0xe0) return [1, { bytes: 0, values: 0 }];
  if (first < 0x90) return [1, map(first & 0x0f)];
  if (first < 0xa0) return [1, list(first & 0x0f)];
  if (first < 0xc0) return [1, text(first & 0x1f)];
  const fixed = fixedBytes[first];
  if (fixed !== undefined) return [1, { bytes: fixed, values: 0 }];
  switch (first) {
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return lengthOf(view, at, 0xc4, (bytes) => ({ bytes, values: 0 }));
    case 0xd9:
    case 0xda:
    case 0xdb:
      return lengthOf(view, at, 0xd9, text);
    case 0xdc:
    case 0xdd:
      return lengthOf(view, at, 0xdb, list);
    case 0xde:
    case 0xdf:
      return lengthOf(view, at, 0xdd, map);
    default:
      throw new Error(`it has a value of the unknown kind 0x${first.toString(16)}`);
  }
}

/** A length of one, two or four bytes, for the first byte `one`, `one` + 1 or `one` + 2. */
function lengthOf(
  view: DataView,
  at: number,
  one: number,
  describe: (length: number) => Header,
): [number, Header] {
  const bytes = 1 << (view.getUint8(at) - one);
  if (at + 1 + bytes > view.byteLength) throw new Error('it is cut off');
  const length =
    bytes === 1 ? view.getUint8(at + 1) : bytes === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
  return [1 + bytes, describe(length)];
}

function list(length: number): Header {
  if (length > shape.elements) throw new Error(`it has a list of ${length}, more than ${shape.elements}`);
  return { bytes: 0, values: length };
}

function map(length: number): Header {
  if (length > shape.fields)
    throw new Error(`it has ${length} fields in one place, more than ${shape.fields}`);
  return { bytes: 0, values: 2 * length };
}

function text(length: number): Header {
  if (length > shape.textBytes)
    throw new Error(`it has a text of ${length} bytes, more than ${shape.textBytes}`);
  return { bytes: length, values: 0 };
}
