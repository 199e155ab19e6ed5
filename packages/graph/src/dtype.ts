/**
 * Element types a tensor of the graph can have. `f32` is what models compute in; `i32` holds token and row indices;
 * `u32` holds packed low-bit words.
 */
export type DType = 'f32' | 'i32' | 'u32';

/** The host-side array of each element type. */
export interface ArrayOf {
  f32: Float32Array;
  i32: Int32Array;
  u32: Uint32Array;
}

/** Values of a tensor, row-major: f32, i32 or u32. */
export type TensorData = ArrayOf[DType];

const constructors = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;

/** A zeroed host array of `size` elements. */
export function allocate<D extends DType>(dtype: D, size: number): ArrayOf[D] {
  return new constructors[dtype](size) as ArrayOf[D];
}

/** The element type of a host array. */
export function dtypeOf(data: TensorData): DType {
  if (data instanceof Float32Array) return 'f32';
  return data instanceof Int32Array ? 'i32' : 'u32';
}

export const bytesPerElement = 4;
