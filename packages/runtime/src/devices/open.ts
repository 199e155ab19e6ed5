import { SnowglobeError } from '@snowglobe/graph';
import type { DeviceCapabilities } from '@snowglobe/kernels';
import type { DeviceDescription } from './device.js';

/** Features that kernels and measurements use where the adapter has them. */
const wantedFeatures: readonly string[] = [
  'shader-f16',
  'subgroups',
  'timestamp-query',
  'chromium-experimental-subgroup-matrix',
];

/** Limits asked for at the adapter's maximum. The default of most is far below what GPUs do. */
const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const;

/**
 * Makes a device with every useful feature and limit that the adapter offers. When the adapter refuses them all the
 * same, a device with WebGPU's guarantees is made instead, and `notes` says so.
 *
 * @throws SnowglobeError when even that is refused.
 */
export async function requestComputeDevice(
  adapter: GPUAdapter,
  { name, kind }: Pick<DeviceDescription, 'name' | 'kind'>,
): Promise<{ device: GPUDevice; capabilities: DeviceCapabilities; notes: string[] }> {
  const requiredFeatures = wantedFeatures.filter((feature) =>
    adapter.features.has(feature),
  ) as GPUFeatureName[];
  const requiredLimits = Object.fromEntries(wantedLimits.map((limit) => [limit, adapter.limits[limit]]));
  const notes: string[] = [];
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({ label: name, requiredFeatures, requiredLimits });
  } catch (refusal) {
    notes.push(
      `'${name}' refused the limits and features that it advertises (${messageOf(refusal)}); WebGPU's guaranteed ones are used.`,
    );
    try {
      device = await adapter.requestDevice({ label: name });
    } catch (cause) {
      throw new SnowglobeError(
        `device '${name}' could not be opened: ${messageOf(cause)}; choose another one with \`snowglobe devices\`.`,
        { cause },
      );
    }
  }
  return { device, capabilities: capabilitiesOf(device, kind, adapter.info), notes };
}

/** What kernels may rely on, from what the device was really given. */
function capabilitiesOf(
  device: GPUDevice,
  kind: DeviceDescription['kind'],
  info?: GPUAdapterInfo,
): DeviceCapabilities {
  const { limits } = device;
  const hasSubgroups = device.features.has('subgroups' as GPUFeatureName);
  return {
    features: new Set(device.features),
    limits: {
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    },
    subgroupMinSize: hasSubgroups ? (info?.subgroupMinSize ?? 4) : 1,
    subgroupMaxSize: hasSubgroups ? (info?.subgroupMaxSize ?? 128) : 1,
    precision: 'f32',
    isSoftware: kind === 'software',
  };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error);
}
