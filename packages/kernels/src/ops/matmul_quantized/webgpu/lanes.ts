import type { DeviceCapabilities } from '../../../webgpu/capabilities.js';
import type { ShaderVariant } from '../../../webgpu/shader.js';
import { subgroupDirectives, vectorLanes } from '../../../webgpu/subgroups.js';
import type { RowMatmul } from './row_matmul.js';
import { tiledVariants, vectorOf } from './row_matmul.js';

/** Rows and columns that a thread holds; as many threads as there are lanes share the rows. */
const tiles = [
  { rows: 1, columns: 4 },
  { rows: 4, columns: 4 },
  { rows: 8, columns: 4 },
  { rows: 8, columns: 8 },
] as const;

/**
 * For drivers that compute on the CPU, where the threads of a subgroup are the lanes of a vector and a load costs the same whether all
 * ask for one number or each for another. So each loads one of the numbers of a row that all of them need, and a swizzle
 * gives it to the others: `simd4` four at a time, `simd8` eight where subgroups have just as many threads.
 */
export function laneVariants(matmul: RowMatmul, device: DeviceCapabilities): readonly ShaderVariant[] {
  const { bits, k, group } = matmul;
  if (!device.isSoftware) return [];
  const areEights = bits >= 4 && k % 8 === 0 && group % 8 === 0;
  return [
    ...(device.subgroupMinSize >= 4 ? variantsOf(4, matmul, device) : []),
    ...(vectorLanes(device) === 8 && areEights ? variantsOf(8, matmul, device) : []),
  ];
}

function variantsOf(lanes: 4 | 8, matmul: RowMatmul, device: DeviceCapabilities): readonly ShaderVariant[] {
  if (matmul.rowsByLane === undefined) return [];
  // A word in 8 bits holds four numbers: eight are two words.
  const isPaired = lanes === 8 && matmul.bits === 8;
  return tiledVariants(
    { ...matmul, rows: `${matmul.rowsByLane}\nvar<private> lane: u32;` },
    device,
    tiles.map((tile) => ({ ...tile, threads: [lanes, 1] })),
    (tile) => `${lanes === 4 ? 'simd4' : 'simd8'}-${tile}`,
    {
      ...vectorOf('f32'),
      enable: subgroupDirectives,
      constants: { LANES: lanes, STEP: 1, ...(isPaired && { STEP: 2, PARTS: 2 }) },
      conditions: { BY_LANE: true, QUADS: lanes === 4, OCTETS: lanes === 8, PAIRED: isPaired },
    },
  );
}
