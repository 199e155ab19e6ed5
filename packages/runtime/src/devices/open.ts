import { SnowglobeError } from '@snowglobe/graph';
import type { DeviceCapabilities, SubgroupMatrixConfig } from '@snowglobe/kernels';
import * as v from 'valibot';
import type { DeviceDescription } from './device.js';

/** Chromium's, for who turned on `allow_unsafe_apis`. */
const subgroupMatrixFeature = 'chromium-experimental-subgroup-matrix';

/** Features that kernels and measurements use where the adapter has them. */
const wantedFeatures: readonly string[] = [
  'shader-f16',
  'subgroups',
  'timestamp-query',
  subgroupMatrixFeature,
];

const component = v.picklist(['f16', 'f32', 'i8', 'u8', 'i32', 'u32']);
const side = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(256));
const matrixSchema = v.object({ component, result: component, m: side, n: side, k: side });

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
export function capabilitiesOf(
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
    subgroupMatrices: device.features.has(subgroupMatrixFeature as GPUFeatureName) ? matricesOf(info) : [],
    precision: 'f32',
    isSoftware: kind === 'software',
  };
}

/** What the adapter says of its subgroup matrices: accessors of an experimental interface, so nothing is taken on trust. */
function matricesOf(info: GPUAdapterInfo | undefined): readonly SubgroupMatrixConfig[] {
  const configs = (info as { readonly subgroupMatrixConfigs?: Iterable<unknown> } | undefined)
    ?.subgroupMatrixConfigs;
  return [...(configs ?? [])].flatMap((config) => {
    const { componentType, resultComponentType, M, N, K } = config as Record<string, unknown>;
    const read = v.safeParse(matrixSchema, {
      component: componentType,
      result: resultComponentType,
      m: M,
      n: N,
      k: K,
    });
    return read.success ? [read.output] : [];
  });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error);
}
