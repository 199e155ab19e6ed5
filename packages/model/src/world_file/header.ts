/**
 * The header of a `.safetensors` file (https://github.com/huggingface/safetensors#format): 8 bytes with the header's
 * length (u64, little-endian), then that many bytes of JSON, then the tensors' bytes without a gap.
 *
 * Everything here works on the first bytes of a file alone, so that a folder of worlds is listed without reading it.
 */
import type { Shape } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { formatShape, quote } from '@snowglobe/graph/internal';
import * as v from 'valibot';
import { parseJson } from './json.js';

/** Element types that worlds hold. The format knows more (F64, BF16, …); they are refused by name. */
export const fileDTypes: readonly FileDType[] = ['I64', 'F32', 'F16', 'I32', 'U32', 'U8'];
/** Types of tensors in a world file, as safetensors names them. */
export type FileDType = 'I64' | 'F32' | 'F16' | 'I32' | 'U32' | 'U8';

export const bytesPerFileElement: Readonly<Record<FileDType, number>> = {
  I64: 8,
  F32: 4,
  F16: 2,
  I32: 4,
  U32: 4,
  U8: 1,
};

/** Where one tensor lies, in bytes from the end of the header. */
export interface TensorEntry {
  readonly dtype: FileDType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** Position of the first tensor byte in the file. */
  readonly dataStart: number;
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

export const METADATA_KEY = '__metadata__';
/** Bytes of the length field. */
export const LENGTH_BYTES = 8;
/** The limit of the reference implementation. */
export const MAX_HEADER_BYTES = 100_000_000;
/** {tensor: {shape: [...]}} is three levels. */
const MAX_DEPTH = 4;

/**
 * How many bytes from the start of the file `readSafetensorsHeader` needs.
 * @param start at least the first 8 bytes of the file, or all of it
 * @param fileBytes size of the whole file
 * @param source the file in words, for messages
 * @throws SnowglobeError when the length that the file claims cannot be true
 */
export function headerBytesNeeded(start: Uint8Array, fileBytes: number, source: string): number {
  if (start.length < LENGTH_BYTES) {
    throw new SnowglobeError(
      `${source}: ${fileBytes} bytes are too few for a .safetensors file, which has at least 10; fetch or make it again.`,
    );
  }
  const claimed = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (claimed > BigInt(MAX_HEADER_BYTES)) {
    throw new SnowglobeError(
      `${source}: claims a header of ${claimed} bytes, and at most ${MAX_HEADER_BYTES} are allowed; ` +
        `it is damaged or no .safetensors file.`,
    );
  }
  const needed = LENGTH_BYTES + Number(claimed);
  if (needed > fileBytes) {
    throw new SnowglobeError(
      `${source}: claims a header of ${claimed} bytes, but the file has only ${fileBytes}; it is cut short or damaged, fetch or make it again.`,
    );
  }
  return needed;
}

const entrySchema = v.strictObject({
  dtype: v.string(),
  shape: v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  data_offsets: v.strictTuple([
    v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  ]),
});

/**
 * Reads and checks the header: every tensor's bytes must be as many as its shape says, lie inside the file, and
 * together fill it without gap or overlap.
 * @param start the first `headerBytesNeeded` bytes of the file, or more
 * @param fileBytes size of the whole file
 * @param source the file in words, for messages
 * @throws SnowglobeError
 */
export function readSafetensorsHeader(
  start: Uint8Array,
  fileBytes: number,
  source: string,
): SafetensorsHeader {
  const dataStart = headerBytesNeeded(start, fileBytes, source);
  const json = decodeHeaderText(start.subarray(LENGTH_BYTES, dataStart), source);
  const parsed = parseJson(json, MAX_DEPTH, `${source}: the header`);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new SnowglobeError(`${source}: the header is not a JSON object; this is no .safetensors file.`);
  }
  let metadata: ReadonlyMap<string, string> = new Map();
  const tensors = new Map<string, TensorEntry>();
  for (const [name, value] of Object.entries(parsed)) {
    if (name === METADATA_KEY) metadata = readMetadata(value, source);
    else tensors.set(name, readEntry(name, value, source));
  }
  checkLayout(tensors, fileBytes - dataStart, source);
  return { dataStart, metadata, tensors };
}

function decodeHeaderText(bytes: Uint8Array, source: string): string {
  // The format wants '{' as the first byte, which also keeps out byte order marks.
  if (bytes[0] !== 0x7b) {
    throw new SnowglobeError(`${source}: the header does not start with '{'; this is no .safetensors file.`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SnowglobeError(
      `${source}: the header is not UTF-8 text; the file is damaged, fetch or make it again.`,
      {
        cause,
      },
    );
  }
}

function readMetadata(value: unknown, source: string): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SnowglobeError(`${source}: ${METADATA_KEY} must map names to strings, and does not.`);
  }
  const entries = Object.entries(value);
  const wrong = entries.find(([, text]) => typeof text !== 'string');
  if (wrong) {
    throw new SnowglobeError(
      `${source}: ${METADATA_KEY} has something other than a string as ${quote(wrong[0])}; its values must be strings.`,
    );
  }
  return new Map(entries as [string, string][]);
}

function readEntry(name: string, value: unknown, source: string): TensorEntry {
  const result = v.safeParse(entrySchema, value, { abortEarly: true });
  if (!result.success) {
    const issue = result.issues[0];
    throw new SnowglobeError(
      `${source}: tensor ${quote(name)} has a bad ${quote(v.getDotPath(issue) ?? 'entry')}; it must be exactly ` +
        `{dtype, shape, data_offsets} with integers from 0.`,
    );
  }
  const { dtype, shape, data_offsets: offsets } = result.output;
  if (!isFileDType(dtype)) {
    throw new SnowglobeError(
      `${source}: tensor ${quote(name)} has element type ${quote(dtype)}, which worlds do not use; convert it to one of ${fileDTypes.join(', ')}.`,
    );
  }
  const [begin, end] = offsets;
  // Zeros count as ones here: (2^52, 2^52, 0) holds nothing, but must not slip through.
  if (!Number.isSafeInteger(shape.reduce((product, dim) => product * Math.max(dim, 1), 8))) {
    throw new SnowglobeError(
      `${source}: tensor ${quote(name)} is ${dtype} ${shortShape(shape)}, more elements than can be counted; the file is damaged.`,
    );
  }
  const bytes = shape.reduce((product, dim) => product * dim, bytesPerFileElement[dtype]);
  if (bytes !== end - begin) {
    throw new SnowglobeError(
      `${source}: tensor ${quote(name)} is ${dtype} ${shortShape(shape)}, ${bytes} bytes, but its offsets ${begin} to ${end} hold ${end - begin}; the file is damaged.`,
    );
  }
  return { dtype, shape, begin, end };
}

function isFileDType(dtype: string): dtype is FileDType {
  return (fileDTypes as readonly string[]).includes(dtype);
}

/** A hostile shape can have millions of dimensions; a message cannot. */
function shortShape(shape: Shape): string {
  return shape.length > 8 ? `(${shape.slice(0, 8).join(', ')}, …)` : formatShape(shape);
}

function checkLayout(tensors: ReadonlyMap<string, TensorEntry>, dataBytes: number, source: string): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const [name, { begin, end }] of inOrder) {
    if (begin !== position) {
      const fault = begin < position ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw new SnowglobeError(
        `${source}: tensor ${quote(name)} starts at byte ${begin} instead of ${position} and ${fault}; the file is damaged.`,
      );
    }
    position = end;
  }
  if (position !== dataBytes) {
    throw new SnowglobeError(
      `${source}: the tensors take ${position} bytes, but ${dataBytes} follow the header; the file is cut short or damaged, fetch or make it again.`,
    );
  }
}
