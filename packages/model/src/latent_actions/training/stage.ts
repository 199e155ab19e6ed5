import type { VariableStore } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { StageDefinition } from '../../family/training.js';
import { fillNormal, generatorFor } from '../../random.js';
import type { Recordings } from '../../recordings.js';
import type { LatentActionConfig } from '../config.js';
import { evidencePairs, latentDimensions } from '../config.js';
import { kmeans } from '../kmeans.js';
import { latentActionLoss } from '../latent_actions.js';
import { latentActionScope, latentActionVariables } from './action_codes.js';
import { evidenceInputs, focusPixels } from './evidence.js';
import type { MotionTable } from './motion_table.js';

/** Windows of a training step. */
const batch = 128;

/** Standard deviation of the noise on codes: pushes them apart into clusters. */
const noiseLevel = 0.3;

/** Steps over which the noise grows to its level; noise from the start collapses all codes into one. */
const noiseRamp = 1500;

/** Frames of a recording that the stage learns from at once: t−1 … t+1+lookahead; the pair (t−1, t) comes first. */
export const actionFrames = (config: LatentActionConfig): number => evidencePairs(config) + 1;

/** Learns a continuous code of what each frame's past does not explain. */
export function latentActionStage(
  data: Recordings,
  motion: MotionTable,
  config: LatentActionConfig,
): StageDefinition {
  const pairs = evidencePairs(config);
  const focusSize = config.focus ** 2 * 3;
  return {
    framesPerStep: batch,
    optimizer: { muon: false, adamw: { learningRate: 2e-3 } },
    build: (builder) => {
      const evidence = evidenceInputs(builder, config, batch);
      const focus_BFF3 = builder.input('focus', evidence.nextFocus_BFF3.shape);
      const noise_BZ = builder.input('noise', [batch, latentDimensions]);
      return {
        loss: builder.scope(latentActionScope, () =>
          latentActionLoss({ ...evidence, focus_BFF3 }, noise_BZ, config),
        ),
      };
    },
    batches: (step, random) => {
      const windows = data.sampleWindows(random, batch, actionFrames(config));
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

function joined(clips: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(clips.reduce((sum, codes) => sum + codes.length, 0));
  let offset = 0;
  for (const codes of clips) {
    all.set(codes, offset);
    offset += codes.length;
  }
  return all;
}
