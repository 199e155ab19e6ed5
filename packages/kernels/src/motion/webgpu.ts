import type { WebgpuContext } from '../kernel.js';
import type { ShaderVariant } from '../webgpu/shader.js';
import { grid1d, read, withPrelude, write } from '../webgpu/shader.js';
import shiftCosts from './shift_costs.wgsl';
import type { MotionAttributes, TileGrid } from './tiles.js';
import { tileGrid } from './tiles.js';
import warp from './warp.wgsl';
import frameGradient from './warp_frame_gradient.wgsl';
import weightsGradient from './warp_weights_gradient.wgsl';
import direct from './window_direct.wgsl';
import shared from './window_shared.wgsl';

const workgroupSize = 64;

function constantsOf(grid: TileGrid): Record<string, number> {
  return {
    BATCH: grid.batch,
    HEIGHT: grid.height,
    WIDTH: grid.width,
    CHANNELS: grid.channels,
    ROWS: grid.rows,
    COLUMNS: grid.columns,
    TILES: grid.batch * grid.rows * grid.columns,
    TILE: grid.tile,
    RADIUS: grid.radius,
    SIDE: grid.side,
    WINDOW: grid.window,
    WORKGROUP_SIZE: workgroupSize,
  };
}

/** A workgroup a tile, with the frame's window in workgroup memory where it fits. Input 0 is the frame. */
function overTiles(
  { inputs, attributes, device }: WebgpuContext<MotionAttributes>,
  label: string,
  body: string,
): readonly ShaderVariant[] {
  const grid = tileGrid(label, inputs[0]!, attributes);
  const { limits } = device;
  const windows = [
    { name: 'shared', code: shared, bytes: 4 * grid.window ** 2 * grid.channels },
    { name: 'direct', code: direct, bytes: 0 },
  ];
  return windows
    .filter(({ bytes }) => bytes <= limits.maxComputeWorkgroupStorageSize)
    .map(({ name, code }) => ({
      name,
      build: () => ({
        passes: [
          {
            label: `${label}-${name}`,
            code: withPrelude(`${body}\n${code}`, { constants: constantsOf(grid) }),
            bindings: [read('input', 0), read('input', 1), write('output', 0)],
            workgroups: grid1d(
              grid.batch * grid.rows * grid.columns,
              1,
              limits.maxComputeWorkgroupsPerDimension,
            ),
          },
        ],
      }),
    }));
}

export const shiftCostsWebgpu = (context: WebgpuContext<MotionAttributes>): readonly ShaderVariant[] =>
  overTiles(context, 'shiftCosts', shiftCosts);

export const warpWebgpu = (context: WebgpuContext<MotionAttributes>): readonly ShaderVariant[] =>
  overTiles(context, 'warp', warp);

export const warpWeightsGradientWebgpu = (
  context: WebgpuContext<MotionAttributes>,
): readonly ShaderVariant[] => overTiles(context, 'warpWeightsGradient', weightsGradient);

export function warpFrameGradientWebgpu({
  inputs,
  attributes,
  device,
}: WebgpuContext<MotionAttributes>): readonly ShaderVariant[] {
  const grid = tileGrid('warpFrameGradient', inputs[1]!, attributes);
  const count = grid.batch * grid.height * grid.width * grid.channels;
  return [
    {
      name: 'thread',
      build: () => ({
        passes: [
          {
            label: 'warpFrameGradient',
            code: withPrelude(frameGradient, { constants: constantsOf(grid) }),
            bindings: [read('input', 0), read('input', 1), write('output', 0)],
            workgroups: grid1d(count, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
          },
        ],
      }),
    },
  ];
}
