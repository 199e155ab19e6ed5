/**
 * Reading and writing `.safetensors`: bytes in, tensors out, and back. No Node, no execution, no trust.
 *
 * Files are little-endian, and so is every machine that WebGPU and onnxruntime run on: typed arrays are copied as
 * they are.
 */
import type { DType, Shape } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, quote } from '@snowglobe/graph/internal';
import { floatToHalf, halfToFloat } from '@snowglobe/kernels/internal';
import type { FileDType, SafetensorsHeader, TensorEntry } from './header.js';
import {
  LENGTH_BYTES,
  MAX_HEADER_BYTES,
  METADATA_KEY,
  bytesPerFileElement,
  fileDTypes,
  readSafetensorsHeader,
} from './header.js';

/** What each element type of a file is in memory. F16 is wider here: JavaScript on Node 20 has no half floats. */
export interface ArrayOfFile {
  I64: BigInt64Array;
  F32: Float32Array;
  F16: Float32Array;
  I32: Int32Array;
  U32: Uint32Array;
  U8: Uint8Array;
}

/** What the element types of graphs are called in a file. */
export const fileTypes = { f32: 'F32', i32: 'I32', u32: 'U32' } as const satisfies Record<DType, FileDType>;

/** A tensor as it is stored: `dtype` says how, `data` are its values in row-major order. */
export type FileTensor = {
  [D in FileDType]: { readonly dtype: D; readonly shape: Shape; readonly data: ArrayOfFile[D] };
}[FileDType];

export interface SafetensorsFile {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, FileTensor>;
}

const arrays = {
  I64: BigInt64Array,
  F32: Float32Array,
  F16: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
} as const;

/**
 * The bytes of a `.safetensors` file. The same tensors and metadata give the same bytes, in whatever order they come:
 * wide element types first, then by name, as the reference implementation sorts them, which aligns every tensor.
 * @throws SnowglobeError naming the tensor when data do not fit its shape or are not finite
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, FileTensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const inOrder = [...tensors].sort(
    ([nameA, a], [nameB, b]) =>
      bytesPerFileElement[b.dtype] - bytesPerFileElement[a.dtype] ||
      fileDTypes.indexOf(a.dtype) - fileDTypes.indexOf(b.dtype) ||
      (nameA < nameB ? -1 : 1),
  );
  const entries: [string, unknown][] = [];
  if (metadata.size > 0) {
    const sorted = [...metadata].sort(([a], [b]) => (a < b ? -1 : 1));
    // fromEntries, unlike assignment, makes a name such as __proto__ an ordinary one.
    entries.push([METADATA_KEY, Object.fromEntries(sorted)]);
  }
  let dataBytes = 0;
  for (const [name, tensor] of inOrder) {
    checkTensor(name, tensor);
    const begin = dataBytes;
    dataBytes += tensor.data.length * bytesPerFileElement[tensor.dtype];
    entries.push([name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, dataBytes] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw new SnowglobeError(
      `safetensors: the header would have ${headerBytes} bytes and may have ${MAX_HEADER_BYTES}; shorten the metadata.`,
    );
  }
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(json, LENGTH_BYTES);
  bytes.fill(0x20, LENGTH_BYTES + json.length, LENGTH_BYTES + headerBytes);
  let position = LENGTH_BYTES + headerBytes;
  for (const [name, tensor] of inOrder) {
    const stored = tensor.dtype === 'F16' ? toHalves(name, tensor.data) : tensor.data;
    bytes.set(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength), position);
    position += stored.byteLength;
  }
  return bytes;
}

function checkTensor(name: string, tensor: FileTensor): void {
  if (name === METADATA_KEY) {
    throw new SnowglobeError(`safetensors: a tensor cannot be called ${METADATA_KEY}; rename it.`);
  }
  if (!(tensor.data instanceof arrays[tensor.dtype])) {
    throw new SnowglobeError(
      `safetensors: tensor ${quote(name)} is ${tensor.dtype} and needs a ${arrays[tensor.dtype].name}, not a ${(tensor.data as object).constructor.name}.`,
    );
  }
  if (tensor.data.length !== sizeOf(tensor.shape)) {
    throw new SnowglobeError(
      `safetensors: tensor ${quote(name)} has ${tensor.data.length} values, but its shape ${formatShape(tensor.shape)} holds ${sizeOf(tensor.shape)}.`,
    );
  }
  if (tensor.data instanceof Float32Array) checkFinite('safetensors', name, tensor.data);
}

function toHalves(name: string, data: Float32Array): Uint16Array {
  const halves = Uint16Array.from(data, floatToHalf);
  const overflow = halves.findIndex((bits) => (bits & 0x7c00) === 0x7c00);
  if (overflow >= 0) {
    throw new SnowglobeError(
      `safetensors: tensor ${quote(name)} has the value ${data[overflow]} at index ${overflow}, beyond F16's 65504; store it as F32.`,
    );
  }
  return halves;
}

function checkFinite(source: string, name: string, data: Float32Array): void {
  for (let index = 0; index < data.length; index++) {
    if (!Number.isFinite(data[index])) {
      throw new SnowglobeError(
        `${source}: tensor ${quote(name)} has the value ${data[index]} at index ${index}; every weight must be a finite number.`,
      );
    }
  }
}

/**
 * Reads a `.safetensors` file. Nothing is allocated on the word of the file: lengths are checked against the bytes that
 * are there first. Values are copies, so `bytes` may be reused.
 * @param source the file in words, for messages
 * @throws SnowglobeError for anything that is not a well-formed file of finite I64, F32, F16, I32, U32 and U8 tensors
 */
export function decodeSafetensors(bytes: Uint8Array, source: string): SafetensorsFile {
  const header = readSafetensorsHeader(bytes, bytes.length, source);
  return { metadata: header.metadata, tensors: readTensors(bytes, header, source) };
}

/**
 * Reads the tensors that a header has described.
 * @param header of the same `bytes`
 * @throws SnowglobeError for a weight that is not finite
 */
export function readTensors(
  bytes: Uint8Array,
  { dataStart, tensors }: SafetensorsHeader,
  source: string,
): Map<string, FileTensor> {
  const result = new Map<string, FileTensor>();
  for (const [name, entry] of tensors) {
    // Not bytes.slice: that of a Node Buffer would be a view.
    const stored = new Uint8Array(entry.end - entry.begin);
    stored.set(bytes.subarray(dataStart + entry.begin, dataStart + entry.end));
    const tensor = toTensor(entry, stored.buffer);
    if (tensor.data instanceof Float32Array) checkFinite(source, name, tensor.data);
    result.set(name, tensor);
  }
  return result;
}

function toTensor({ dtype, shape }: TensorEntry, buffer: ArrayBuffer): FileTensor {
  if (dtype === 'F16') return { dtype, shape, data: Float32Array.from(new Uint16Array(buffer), halfToFloat) };
  return { dtype, shape, data: new arrays[dtype](buffer) } as FileTensor;
}
