import type { GraphBuilder } from '@snowglobe/graph';
import { GraphBuilder as Builder, sizeOf } from '@snowglobe/graph';
import type { ActionEvidence, LatentActionConfig } from '@snowglobe/model';
import {
  encodeActions,
  evidencePairs,
  kmeans,
  latentActionLoss,
  latentDimensions,
  nearestCode,
} from '@snowglobe/model';
import type { Executor, VariableStore } from '@snowglobe/runtime';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { ClipDataset } from '../data/index.js';
import type { StageOptions } from '../loop/stage.js';
import { fillNormal, generatorFor } from '../loop/random.js';
import type { MotionTable } from './motion_table.js';
import { pixelsOf } from './pixels.js';

/** Windows of a training step. */
const batch = 128;

/** Standard deviation of the noise on codes: pushes them apart into clusters. */
const noiseLevel = 0.3;

/** Steps over which the noise grows to its level; noise from the start collapses all codes into one. */
const noiseRamp = 1500;

/** Scope of the stage's parameters. */
const scope = 'latentActions';

/** Where the normalisation of codes and the codebook are kept among the weights. */
export const latentActionVariables = {
  mean: `${scope}/mean`,
  scale: `${scope}/scale`,
  codebook: `${scope}/codebook`,
} as const;

/** A reader of focus squares: the bytes of frames -> their centres as pixels. */
function focusPixels(data: ClipDataset, focus: number, frames: Uint8Array, index: number): Float32Array {
  const [top, left] = [Math.floor((data.height - focus) / 2), Math.floor((data.width - focus) / 2)];
  const out = new Uint8Array(focus * focus * 3);
  for (let y = 0; y < focus; y++) {
    const start = ((index * data.height + top + y) * data.width + left) * 3;
    out.set(frames.subarray(start, start + focus * 3), y * focus * 3);
  }
  return pixelsOf(out);
}

/** Declares the evidence of `count` windows as inputs. */
function evidenceInputs(builder: GraphBuilder, config: LatentActionConfig, count: number): ActionEvidence {
  const { range, focus } = config;
  return {
    motion_BPYX: builder.input('motion', [count, evidencePairs(config), 2 * range.y + 1, 2 * range.x + 1]),
    nextFocus_BFF3: builder.input('nextFocus', [count, focus, focus, 3]),
  };
}

/** Learns a continuous code of what each frame's past does not explain. */
export function latentActionStage(
  data: ClipDataset,
  motion: MotionTable,
  config: LatentActionConfig,
): Pick<StageOptions, 'name' | 'build' | 'batches' | 'framesPerStep' | 'trains' | 'optimizer'> {
  const pairs = evidencePairs(config);
  const focusSize = config.focus ** 2 * 3;
  return {
    name: 'latent-actions',
    framesPerStep: batch,
    trains: (name) => name.startsWith(`${scope}/`),
    optimizer: { muon: false, adamw: { learningRate: 2e-3 } },
    build: (builder) => {
      const evidence = evidenceInputs(builder, config, batch);
      const focus_BFF3 = builder.input('focus', evidence.nextFocus_BFF3.shape);
      const noise_BZ = builder.input('noise', [batch, latentDimensions]);
      return {
        loss: builder.scope(scope, () => latentActionLoss({ ...evidence, focus_BFF3 }, noise_BZ, config)),
      };
    },
    batches: (step, random) => {
      // Frames t−1 … t+1+lookahead; the pair (t−1, t) comes first.
      const windows = data.sampleWindows(random, batch, pairs + 1);
      const inputs = {
        motion: new Float32Array(batch * pairs * motion.size),
        focus: new Float32Array(batch * focusSize),
        nextFocus: new Float32Array(batch * focusSize),
        noise: new Float32Array(batch * latentDimensions),
      };
      for (let b = 0; b < batch; b++) {
        for (let pair = 0; pair < pairs; pair++) {
          const evidence = motion.evidence(windows.clips[b]!, windows.starts[b]! + pair);
          inputs.motion.set(evidence, (b * pairs + pair) * motion.size);
        }
        const first = b * (pairs + 1);
        inputs.focus.set(focusPixels(data, config.focus, windows.frames, first + 1), b * focusSize);
        inputs.nextFocus.set(focusPixels(data, config.focus, windows.frames, first + 2), b * focusSize);
      }
      fillNormal(inputs.noise, noiseLevel * Math.min(1, step / noiseRamp), random);
      return inputs;
    },
  };
}

export interface LabelOptions {
  readonly executor: Executor;
  readonly store: VariableStore;
}

/**
 * Continuous codes of every frame but the last of every clip, before normalisation: (frames − 1, Z) a clip. Row t says
 * what happened from t to t + 1.
 */
export async function encodeClips(
  data: ClipDataset,
  motion: MotionTable,
  config: LatentActionConfig,
  { executor, store }: LabelOptions,
): Promise<Float32Array[]> {
  const pairs = evidencePairs(config);
  const focusSize = config.focus ** 2 * 3;
  const count = 256;
  const builder = new Builder();
  builder.output(
    'codes',
    builder.scope(scope, () => encodeActions(evidenceInputs(builder, config, count), config)),
  );
  const program = await executor.compile(builder.build(), { store, freeze: true });
  const result: Float32Array[] = [];
  for (const [clip, { frames }] of data.clips.entries()) {
    const codes = new Float32Array((frames - 1) * latentDimensions);
    for (let first = 0; first < frames - 1; first += count) {
      const here = Math.min(count, frames - 1 - first);
      const bytes = data.frames(clip, first, here + 1);
      const inputs = {
        motion: new Float32Array(count * pairs * motion.size),
        nextFocus: new Float32Array(count * focusSize),
      };
      for (let i = 0; i < here; i++) {
        for (let pair = 0; pair < pairs; pair++) {
          inputs.motion.set(motion.evidence(clip, first + i - 1 + pair), (i * pairs + pair) * motion.size);
        }
        inputs.nextFocus.set(focusPixels(data, config.focus, bytes, i + 1), i * focusSize);
      }
      const run = await program.run(inputs);
      codes.set(
        (run['codes'] as Float32Array).subarray(0, here * latentDimensions),
        first * latentDimensions,
      );
    }
    result.push(codes);
  }
  await program.close();
  return result;
}

/** Points that k-means looks at, at most. */
const clusteredPoints = 20_000;

/** Turns continuous codes into a codebook, and keeps it and the normalisation among the weights. */
export function clusterCodes(
  clips: readonly Float32Array[],
  config: LatentActionConfig,
  { store, seed }: { readonly store: VariableStore; readonly seed: number },
): void {
  const all = joined(clips);
  const { mean, scale } = statistics(all);
  const normalized = all.map(
    (value, i) => (value - mean[i % latentDimensions]!) * scale[i % latentDimensions]!,
  );
  const random = generatorFor(seed, 'latent action codes');
  const total = normalized.length / latentDimensions;
  const points = new Float32Array(Math.min(total, clusteredPoints) * latentDimensions);
  for (let i = 0; i < points.length; i += latentDimensions) {
    const source = Math.floor(uniformFloat64(random) * total) * latentDimensions;
    points.set(normalized.subarray(source, source + latentDimensions), i);
  }
  const { centres } = kmeans(points, latentDimensions, {
    codes: config.codes,
    random: () => uniformFloat64(random),
  });
  const write = (name: string, shape: readonly number[], data: Float32Array): void => {
    if (data.length !== sizeOf(shape)) throw new Error(`clusterCodes: ${name} has ${data.length} values`);
    store.write(name, { shape, dtype: 'f32' }, data);
  };
  write(latentActionVariables.mean, [latentDimensions], mean);
  write(latentActionVariables.scale, [latentDimensions], scale);
  write(latentActionVariables.codebook, [config.codes, latentDimensions], centres);
}

/** The code of every frame but the last of every clip. */
export async function assignCodes(
  clips: readonly Float32Array[],
  store: VariableStore,
): Promise<Uint8Array[]> {
  const read = async (name: string): Promise<Float32Array> => (await store.read(name)) as Float32Array;
  const [mean, scale, codebook] = await Promise.all(Object.values(latentActionVariables).map(read));
  const point = new Float32Array(latentDimensions);
  return clips.map((codes) =>
    Uint8Array.from({ length: codes.length / latentDimensions }, (_, i) => {
      for (let d = 0; d < latentDimensions; d++) {
        point[d] = (codes[i * latentDimensions + d]! - mean![d]!) * scale![d]!;
      }
      return nearestCode(point, 0, codebook!, latentDimensions);
    }),
  );
}

function joined(clips: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(clips.reduce((sum, codes) => sum + codes.length, 0));
  let offset = 0;
  for (const codes of clips) {
    all.set(codes, offset);
    offset += codes.length;
  }
  return all;
}

/** Mean and one over the standard deviation of each dimension. */
function statistics(all: Float32Array): { readonly mean: Float32Array; readonly scale: Float32Array } {
  const sums = new Float64Array(latentDimensions);
  const squares = new Float64Array(latentDimensions);
  all.forEach((value, i) => {
    sums[i % latentDimensions]! += value;
    squares[i % latentDimensions]! += value * value;
  });
  const count = all.length / latentDimensions;
  const mean = Float32Array.from(sums, (sum) => sum / count);
  const scale = Float32Array.from(
    squares,
    (square, d) => 1 / Math.sqrt(Math.max(square / count - mean[d]! ** 2, 1e-12)),
  );
  return { mean, scale };
}
