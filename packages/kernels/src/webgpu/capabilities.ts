/**
 * What operands of a matmul may be rounded to on their way into it; sums are f32 either way. `f16` lets kernels use half
 * precision where the device has `shader-f16`: a matmul is then off by up to about 2^-10 of the sum of its terms' magnitudes
 * (twice 2^-11, the rounding of two operands), and operands beyond 65504 overflow.
 */
export type Precision = 'f32' | 'f16';

/** (M, K) x (K, N) matrices that a subgroup multiplies at once, and the types of operands and sums. */
export interface SubgroupMatrixConfig {
  readonly component: 'f16' | 'f32' | 'i8' | 'u8' | 'i32' | 'u32';
  readonly result: 'f16' | 'f32' | 'i8' | 'u8' | 'i32' | 'u32';
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** What a kernel may know about an adapter when it lists its variants. Plain data, so variants can be tested without one. */
export interface DeviceCapabilities {
  /** Optional WebGPU features that the device was created with (`shader-f16`, `subgroups`, …). */
  readonly features: ReadonlySet<string>;
  readonly limits: {
    readonly maxComputeWorkgroupSizeX: number;
    readonly maxComputeInvocationsPerWorkgroup: number;
    readonly maxComputeWorkgroupStorageSize: number;
    readonly maxComputeWorkgroupsPerDimension: number;
    readonly maxStorageBuffersPerShaderStage: number;
    readonly maxStorageBufferBindingSize: number;
  };
  /** Guaranteed range of lanes in a subgroup; 1 and 1 without the feature. */
  readonly subgroupMinSize: number;
  readonly subgroupMaxSize: number;
  /** What the adapter names; none without `chromium-experimental-subgroup-matrix`. */
  readonly subgroupMatrices: readonly SubgroupMatrixConfig[];
  /** `f32` unless who opened the executor asked for less. */
  readonly precision: Precision;
  /** The driver computes on the CPU: barriers are dear, and a thread's registers are the CPU's. */
  readonly isSoftware: boolean;
}

/** WebGPU's guaranteed limits: what every kernel must be able to live with. */
export const guaranteedCapabilities: DeviceCapabilities = {
  features: new Set(),
  limits: {
    maxComputeWorkgroupSizeX: 256,
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupStorageSize: 16384,
    maxComputeWorkgroupsPerDimension: 65535,
    maxStorageBuffersPerShaderStage: 8,
    maxStorageBufferBindingSize: 134217728,
  },
  subgroupMinSize: 1,
  subgroupMaxSize: 1,
  subgroupMatrices: [],
  precision: 'f32',
  isSoftware: false,
};

/** Whether kernels may compute in half precision: the device can, and was asked to. */
export const allowsHalf = ({ features, precision }: DeviceCapabilities): boolean =>
  precision === 'f16' && features.has('shader-f16');
