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
  isSoftware: false,
};
