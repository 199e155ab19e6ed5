import type { WebgpuContext } from '../../kernel/kernel.js';
import { columnSumsPass } from '../../webgpu/rows/rows.js';
import type { DeviceCapabilities } from '../../webgpu/capabilities.js';
import type { ShaderProgram, ShaderVariant } from '../../webgpu/shader.js';
import { read, withPrelude, write } from '../../webgpu/shader.js';
import type { Conv2dAttributes } from './conv2d.js';
import { conv2dShape } from './conv2d.js';
import filterGradient from './filter_gradient.wgsl';
import forward from './tiled.wgsl';

/** What a workgroup of the tiled convolution makes: pixels, output channels, and pixels a thread. */
interface Tile {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly pixels: number;
}

const tiles: readonly Tile[] = [
  { height: 8, width: 8, channels: 32, pixels: 4 },
  { height: 8, width: 16, channels: 32, pixels: 8 },
  { height: 8, width: 8, channels: 64, pixels: 4 },
  { height: 16, width: 16, channels: 8, pixels: 4 },
];

/**
 * Reads four channels of a picture's pixel, zeros outside the picture and beyond its channels, which need not divide by
 * four.
 */
function loadPixel(name: string, buffer: string, binding: number, channels: number): string {
  const vector = channels % 4 === 0;
  const offset = `((batch * HEIGHT + u32(y)) * WIDTH + u32(x)) * ${channels}u + c`;
  const parts = [0, 1, 2, 3].map(
    (i) => `select(0.0, ${buffer}[min(at + ${i}u, LAST_${buffer})], c + ${i}u < ${channels}u)`,
  );
  return [
    `@group(0) @binding(${binding}) var<storage, read> ${buffer}: array<${vector ? 'vec4f' : 'f32'}>;`,
    `const LAST_${buffer} = BATCH * HEIGHT * WIDTH * ${channels}u - 1u;`,
    `fn ${name}(batch: u32, y: i32, x: i32, c: u32) -> vec4f {`,
    `  if (y < 0 || y >= i32(HEIGHT) || x < 0 || x >= i32(WIDTH) || c >= ${channels}u) { return vec4f(); }`,
    `  let at = ${offset};`,
    vector ? `  return ${buffer}[at / 4u];` : `  return vec4f(${parts.join(', ')});`,
    '}',
  ].join('\n');
}

/** Writes four channels of row `row` of a (…, channels) array, those that exist. */
function storeRow(buffer: string, binding: number, channels: number, finish: string): string {
  const vector = channels % 4 === 0;
  return [
    `@group(0) @binding(${binding}) var<storage, read_write> ${buffer}: array<${vector ? 'vec4f' : 'f32'}>;`,
    'fn store(row: u32, channel: u32, sum: vec4f) {',
    `  if (channel >= ${channels}u) { return; }`,
    `  let value = ${finish};`,
    vector
      ? `  ${buffer}[(row * ${channels}u + channel) / 4u] = value;`
      : `  for (var i = 0u; i < min(4u, ${channels}u - channel); i++) { ${buffer}[row * ${channels}u + channel + i] = value[i]; }`,
    '}',
  ].join('\n');
}

/** Tiles that the device can run, those that fit the picture and the output channels first. */
export function tiledVariants(context: WebgpuContext<Conv2dAttributes>): readonly ShaderVariant[] {
  const { device, inputs, outputs } = context;
  const { batch, width, height, channels } = conv2dShape(inputs);
  const size = inputs[1]!.shape[0]!;
  const outputChannels = outputs[0]!.shape[3]!;
  const limit = device.limits.maxComputeWorkgroupsPerDimension;
  // Work done for each output that exists.
  const waste = (tile: Tile): number =>
    padded(outputChannels, tile.channels) * padded(height, tile.height) * padded(width, tile.width);
  return tiles
    .filter((tile) => {
      const positions = Math.ceil(height / tile.height) * Math.ceil(width / tile.width);
      return (
        positions <= limit &&
        batch <= limit &&
        threadsOf(tile) <= device.limits.maxComputeInvocationsPerWorkgroup
      );
    })
    .map((tile) => ({ tile, depth: depthOf(tile, size, channels, device) }))
    .filter(({ depth }) => depth > 0)
    .sort((a, b) => waste(a.tile) - waste(b.tile))
    .map(({ tile, depth }) => ({
      name: `tile${tile.height}x${tile.width}x${tile.channels}`,
      build: () => tiledProgram(context, tile, depth),
    }));
}

const padded = (length: number, tile: number): number => (Math.ceil(length / tile) * tile) / length;
const threadsOf = (tile: Tile): number => ((tile.height * tile.width) / tile.pixels) * (tile.channels / 8);

/** Most input channels a step, up to 16, whose pixels and taps fit workgroup memory; 0 if not even four do. */
function depthOf(tile: Tile, size: number, channels: number, device: DeviceCapabilities): number {
  const bytesPerChannel = 4 * ((tile.height + size - 1) * (tile.width + size - 1) + size * tile.channels);
  const fitting = [16, 8, 4].filter(
    (depth) => depth * bytesPerChannel <= device.limits.maxComputeWorkgroupStorageSize,
  );
  return fitting.find((depth) => depth < channels + 4) ?? 0;
}

function tiledProgram(
  { inputs, outputs, attributes: { transposed } }: WebgpuContext<Conv2dAttributes>,
  tile: Tile,
  depth: number,
): ShaderProgram {
  const { batch, height, width, channels } = conv2dShape(inputs);
  const size = inputs[1]!.shape[0]!;
  const outputChannels = outputs[0]!.shape[3]!;
  const hasBias = inputs.length === 3;
  // Both orders read zeros for channels beyond the filter's: their offsets are kept inside the buffer.
  const vectorTaps = !transposed && outputChannels % 4 === 0;
  const tap = (i: number): string => {
    const at = transposed
      ? `((${size * size - 1}u - tap) * ${outputChannels}u + output + ${i}u) * ${channels}u + input`
      : `(tap * ${channels}u + input) * ${outputChannels}u + output + ${i}u`;
    return `select(0.0, filters[min(${at}, ${size * size * channels * outputChannels - 1}u)], output + ${i}u < ${outputChannels}u)`;
  };
  const bias = (i: number): string => `bias[min(channel + ${i}u, ${outputChannels - 1}u)]`;
  const quad = (part: (i: number) => string): string => `vec4f(${[0, 1, 2, 3].map(part).join(', ')})`;
  const code = [
    withPrelude(forward, {
      constants: {
        BATCH: batch,
        HEIGHT: height,
        WIDTH: width,
        INPUTS: channels,
        SIZE: size,
        TILE_H: tile.height,
        TILE_W: tile.width,
        TILE_N: tile.channels,
        PIXELS: tile.pixels,
        DEPTH: depth,
      },
    }),
    loadPixel('load_x', 'x_data', 0, channels),
    `@group(0) @binding(1) var<storage, read> filters: array<${vectorTaps ? 'vec4f' : 'f32'}>;`,
    'fn load_filter(tap: u32, input: u32, output: u32) -> vec4f {',
    `  if (input >= ${channels}u || output >= ${outputChannels}u) { return vec4f(); }`,
    `  return ${vectorTaps ? `filters[((tap * ${channels}u + input) * ${outputChannels}u + output) / 4u]` : quad(tap)};`,
    '}',
    hasBias ? '@group(0) @binding(2) var<storage, read> bias: array<f32>;' : '',
    storeRow('result', hasBias ? 3 : 2, outputChannels, hasBias ? `sum + ${quad(bias)}` : 'sum'),
  ].join('\n');
  return {
    passes: [
      {
        label: 'conv2d-tiled',
        code: `${code}\n`,
        bindings: [...inputs.map((_, index) => read('input', index)), write('output', 0)],
        workgroups: [
          Math.ceil(height / tile.height) * Math.ceil(width / tile.width),
          Math.ceil(outputChannels / tile.channels),
          batch,
        ],
      },
    ],
  };
}

/** Channels of both operands that a workgroup of the filter's gradient takes, and rows of pixels a strip. */
const gradientTile = { channels: 32, rows: 2 };
/** Workgroups that keep a large GPU busy; more only add partial sums. */
const wantedWorkgroups = 512;

export function filterGradientProgram({
  inputs,
  attributes: { size },
  device,
}: WebgpuContext<{ readonly size: number }>): ShaderProgram {
  const { batch, height, width, channels } = conv2dShape(inputs);
  const outputChannels = inputs[1]!.shape[3]!;
  const tileWidth = Math.min(16, Math.ceil(width / 4) * 4);
  const strips = batch * Math.ceil(height / gradientTile.rows) * Math.ceil(width / tileWidth);
  const channelTiles =
    Math.ceil(channels / gradientTile.channels) * Math.ceil(outputChannels / gradientTile.channels);
  const splits = Math.min(strips, Math.ceil(wantedWorkgroups / (size * channelTiles)));
  const elements = size * size * channels * outputChannels;
  const code = [
    withPrelude(filterGradient, {
      constants: {
        BATCH: batch,
        HEIGHT: height,
        WIDTH: width,
        INPUTS: channels,
        SIZE: size,
        SPLITS: splits,
        TILE_H: gradientTile.rows,
        TILE_W: tileWidth,
        TILE_I: gradientTile.channels,
        TILE_O: gradientTile.channels,
      },
    }),
    loadPixel('load_x', 'x_data', 0, channels),
    loadPixel('load_g', 'g_data', 1, outputChannels),
    storeRow('partial', 2, outputChannels, 'sum'),
  ].join('\n');
  const target = splits === 1 ? write('output', 0) : write('scratch', 0);
  const gradient = {
    label: 'conv2dFilterGradient',
    code: `${code}\n`,
    bindings: [read('input', 0), read('input', 1), target],
    workgroups: [channelTiles, size, splits] as const,
  };
  if (splits === 1) return { passes: [gradient] };
  return {
    scratch: [{ shape: [splits, elements], dtype: 'f32' }],
    passes: [
      gradient,
      columnSumsPass('conv2dFilterGradient-sum', { rows: splits, columns: elements }, device),
    ],
  };
}
