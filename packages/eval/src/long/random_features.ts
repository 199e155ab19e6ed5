/**
 * Features of short clips by a network that is never trained: four convolutions 4x4 of stride 2 (32, 64, 128, 32 channels), GELU
 * after each, over 4 successive RGB frames stacked to 12 channels in −1 … 1; weights normal with variance 2 / inputs from a fixed seed,
 * no bias; the mean over all positions. So nothing is downloaded, and the figures of all worlds of a size can be compared.
 */
import type { Executor, Program, Tensor } from '@snowglobe/graph';
import { GraphBuilder, SnowglobeError } from '@snowglobe/graph';
import { conv2d, mean, pointwise, reshape, transpose } from '@snowglobe/kernels';
import { generatorFor } from '@snowglobe/model';
import { fillNormal } from '@snowglobe/model/internal';

/** Frames of a clip. */
export const clipFrames = 4;
/** Numbers that a clip becomes. */
export const featureCount = 32;

const channels = [32, 64, 128, featureCount] as const;
const kernel = 4;
/** Every layer halves the sides. */
const shrinking = 2 ** channels.length;
const clipsAtOnce = 16;
/** Part of the definition: another one would give other figures. */
const seed = 2026;

export interface RandomFeatures {
  /**
   * @param clips each `clipFrames` frames (H, W, 3) of RGB bytes
   * @returns `featureCount` numbers a clip
   */
  of(clips: readonly (readonly Uint8Array[])[]): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** @throws SnowglobeError for frames with a side below 16 pixels */
export async function openRandomFeatures(
  executor: Executor,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<RandomFeatures> {
  const [columns, rows] = [width, height].map((side) => Math.floor(side / shrinking) * shrinking) as [
    number,
    number,
  ];
  if (columns === 0 || rows === 0) {
    throw new SnowglobeError(
      `random features: frames of ${width}x${height} are smaller than the ${shrinking} pixels that become one; measure larger ones.`,
    );
  }
  const store = executor.createStore();
  const program: Program = await executor.compile(featureGraph(rows, columns), { store, freeze: true });
  const inputs = clipFrames * 3;
  return {
    async of(clips) {
      const features: Float32Array[] = [];
      for (let first = 0; first < clips.length; first += clipsAtOnce) {
        const some = clips.slice(first, first + clipsAtOnce);
        const stacked = new Float32Array(clipsAtOnce * rows * columns * inputs);
        some.forEach((frames, b) =>
          frames.forEach((frame, f) => {
            for (let y = 0; y < rows; y++) {
              for (let x = 0; x < columns; x++) {
                const to = ((b * rows + y) * columns + x) * inputs + f * 3;
                const from = (y * width + x) * 3;
                for (let c = 0; c < 3; c++) stacked[to + c] = frame[from + c]! / 127.5 - 1;
              }
            }
          }),
        );
        const { features: got } = await program.run({ clips: stacked }, ['features']);
        some.forEach((_, b) =>
          features.push((got as Float32Array).slice(b * featureCount, (b + 1) * featureCount)),
        );
      }
      return features;
    },
    async close() {
      await program.close();
      store.close();
    },
  };
}

function featureGraph(rows: number, columns: number) {
  const builder = new GraphBuilder();
  const random = generatorFor(seed, 'random features');
  let x: Tensor = builder.input('clips', [clipsAtOnce, rows, columns, clipFrames * 3]);
  for (const outputs of channels) {
    const inputs = x.shape[3]!;
    const weights = new Float32Array(kernel * kernel * inputs * outputs);
    fillNormal(weights, Math.sqrt(2 / (kernel * kernel * inputs)), random);
    const filter = builder.constant(stridedFilter(weights, inputs, outputs), [3, 3, 4 * inputs, outputs]);
    x = pointwise.gelu(conv2d(halved(x), filter));
  }
  builder.output('features', mean(x, [1, 2]));
  return builder.build();
}

/** (B, H, W, C) -> (B, H/2, W/2, 4C): each 2x2 pixels become one position. */
function halved(x: Tensor): Tensor {
  const [batch, rows, columns, depth] = x.shape as [number, number, number, number];
  const blocks = reshape(x, [batch, rows / 2, 2, columns / 2, 2, depth]);
  return reshape(transpose(blocks, [0, 1, 3, 2, 4, 5]), [batch, rows / 2, columns / 2, 4 * depth]);
}

/**
 * A 4x4 filter (4, 4, I, O) of stride 2 and padding 1 as a 3x3 filter (3, 3, 4I, O) over 2x2 blocks: of the blocks beside the middle
 * one only the nearer row or column is seen.
 */
export function stridedFilter(weights: Float32Array, inputs: number, outputs: number): Float32Array {
  const filter = new Float32Array(9 * 4 * inputs * outputs);
  for (let y = 0; y < kernel; y++) {
    for (let x = 0; x < kernel; x++) {
      // Tap y of the filter lies y − 1 pixels below the block's first row, so in block (y + 1) >> 1 of three.
      const [blockY, blockX] = [(y + 1) >> 1, (x + 1) >> 1];
      const [subY, subX] = [(y + 1) & 1, (x + 1) & 1];
      for (let i = 0; i < inputs; i++) {
        const from = ((y * kernel + x) * inputs + i) * outputs;
        const to = ((blockY * 3 + blockX) * 4 * inputs + (subY * 2 + subX) * inputs + i) * outputs;
        filter.set(weights.subarray(from, from + outputs), to);
      }
    }
  }
  return filter;
}
