import type { Graph } from '@snowglobe/graph';
import type { DeviceCapabilities, SubgroupMatrixConfig } from '@snowglobe/kernels';
import { variantsByOp } from '@snowglobe/runtime/internal/core';

/** A variant that an adapter cannot run, and what it would need. */
export interface Unavailable {
  readonly op: string;
  readonly variant: string;
  readonly reason: string;
}

const matrixFeature = 'chromium-experimental-subgroup-matrix';

const withFeatures = (device: DeviceCapabilities, ...names: string[]): DeviceCapabilities => ({
  ...device,
  features: new Set([...device.features, ...names]),
});

const withLanes = (device: DeviceCapabilities, lanes: number): DeviceCapabilities => ({
  ...withFeatures(device, 'subgroups'),
  isSoftware: true,
  subgroupMinSize: lanes,
  subgroupMaxSize: lanes,
});

function withMatrices(
  device: DeviceCapabilities,
  ...[component, m, n, k]: readonly [SubgroupMatrixConfig['component'], number, number, number]
): DeviceCapabilities {
  return {
    ...withFeatures(device, 'subgroups', 'shader-f16', matrixFeature),
    precision: 'f16',
    ...(!device.features.has('subgroups') && { subgroupMinSize: 32, subgroupMaxSize: 32 }),
    subgroupMatrices: [{ component, result: 'f32', m, n, k }],
  };
}

/** What a device may lack, the smallest first. */
const features: readonly (readonly [
  needs: string,
  change: (device: DeviceCapabilities) => DeviceCapabilities,
])[] = [
  [
    'more workgroup memory or threads a workgroup',
    (device) => ({
      ...device,
      limits: {
        ...device.limits,
        maxComputeWorkgroupStorageSize: 65536,
        maxComputeInvocationsPerWorkgroup: 1024,
        maxComputeWorkgroupSizeX: 1024,
      },
    }),
  ],
  ['shader-f16', (device) => ({ ...withFeatures(device, 'shader-f16'), precision: 'f16' })],
  [
    'subgroups',
    (device) => ({ ...withFeatures(device, 'subgroups'), subgroupMinSize: 32, subgroupMaxSize: 32 }),
  ],
  ['a driver that computes on the CPU in subgroups of exactly 4', (device) => withLanes(device, 4)],
  ['a driver that computes on the CPU in subgroups of exactly 8', (device) => withLanes(device, 8)],
  ['subgroup matrices of 16x16x16 f16', (device) => withMatrices(device, 'f16', 16, 16, 16)],
  ['subgroup matrices of 8x16x16 f16', (device) => withMatrices(device, 'f16', 8, 16, 16)],
  ['subgroup matrices of 8x8x8 f16', (device) => withMatrices(device, 'f16', 8, 8, 8)],
  ['subgroup matrices of 8x8x8 f32', (device) => withMatrices(device, 'f32', 8, 8, 8)],
];

/** The variants of these ops that a device cannot run and another could. */
export function unavailableVariants(
  graph: Graph,
  ops: readonly string[],
  device: DeviceCapabilities,
  isKnown: (op: string, variant: string) => boolean,
): readonly Unavailable[] {
  const missing: Unavailable[] = [];
  for (const [needs, change] of features) {
    const others = variantsByOp(graph, change(device));
    for (const op of ops) {
      for (const variant of others.get(op)?.keys() ?? []) {
        const isListed = missing.some((each) => each.op === op && each.variant === variant);
        if (!isListed && !isKnown(op, variant)) missing.push({ op, variant, reason: `needs ${needs}` });
      }
    }
  }
  return missing;
}
