import type { Graph } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { pointwise as p } from '@snowglobe/kernels';
import { trueActions } from '../../../actions/true_actions.js';
import { playScope } from '../../../family/state.js';
import type { FamilyTraining, RecordingContext, RecordingSession } from '../../../family/training.js';
import { logMeanSquaredError, meanPsnr } from '../../../loss/pixels.js';
import { pixelsOf } from '../../../pixels.js';
import { generatorFor } from '../../../random.js';
import type { Label, Recordings } from '../../../recordings.js';
import type { NextFrameConfig } from '../predict.js';
import { predictNext } from '../predict.js';

/** Pairs of frames of a training step. */
const batch = 16;

export function nextFrameTraining(config: NextFrameConfig): FamilyTraining {
  const isOwn = (weight: string): boolean => weight.startsWith('next-frame/');
  return {
    stages: [{ name: 'pixels', needs: [], share: 1, framesNeeded: 2, trains: isOwn }],
    keeps: isOwn,
    figures: [
      {
        ...{ name: 'nextFramePsnr', title: 'next frame', unit: 'dB', digits: 2 },
        remark: 'predicting frames',
      },
    ],
    open: (context) => sessionOf(config, context),
    prefillGraph: ({ batch: worlds = 1 } = {}) => prefill(config, worlds),
    quantization: {
      windowFrames: 1,
      main: 'pixels',
      parts: (windows) => [
        {
          ...{ name: 'pixels', weight: 1, graph: prediction(config, windows) },
          outputs: [{ name: 'next', kind: 'pixels' }],
        },
      ],
      calibrated: () => [],
      uncalibrated: () => [],
      recorded: { outputs: {}, state: {} },
      derive: () => new Map(),
    },
  };
}

function sessionOf(config: NextFrameConfig, context: RecordingContext): RecordingSession {
  const { data, executor, store, seed, actionNames } = context;
  const actions = (): readonly (readonly Label[])[] => trueActions(data, actionNames);
  return {
    probe: undefined,
    define: async () => {
      const known = actions();
      return {
        framesPerStep: batch,
        optimizer: { muon: false, adamw: { learningRate: 3e-3 } },
        build: (builder) => {
          const { next, wanted } = pairs(builder, config);
          return { loss: logMeanSquaredError(next, wanted), metrics: { psnr: meanPsnr(next, wanted) } };
        },
        batches: (_, random) => pairsOf(data, known, config, random),
      };
    },
    actions: async () => actions(),
    describeActions: async () => ({ actionNames: data.actionNames }),
    async measure() {
      const builder = new GraphBuilder();
      const { next, wanted } = pairs(builder, config);
      builder.output('psnr', meanPsnr(next, wanted));
      const program = await executor.compile(builder.build(), { store, freeze: true });
      const { psnr } = await program.run(pairsOf(data, actions(), config, generatorFor(seed, 'pairs')));
      await program.close();
      return psnr![0]!;
    },
    prefillInputs: async (places, _, worlds) => {
      const size = config.width * config.height * 3;
      const recorded = new Float32Array(worlds * size);
      places.forEach(({ clip, frame }, b) =>
        recorded.set(pixelsOf(data.frames(clip, frame + 1, 1)), b * size),
      );
      return { recorded };
    },
  };
}

/** Frames and those that follow them, as inputs, and what is predicted. */
function pairs(builder: GraphBuilder, config: NextFrameConfig) {
  const picture = [batch, config.height, config.width, 3];
  const before = builder.input('before', picture);
  const wanted = builder.input('after', picture);
  return { wanted, next: predictNext(before, builder.input('action', [batch, config.actions]), config) };
}

function pairsOf(
  data: Recordings,
  actions: readonly (readonly Label[])[],
  config: NextFrameConfig,
  random: Parameters<Recordings['sampleWindows']>[0],
) {
  const { frames, clips, starts } = data.sampleWindows(random, batch, 2);
  const size = frames.length / batch / 2;
  const inputs = {
    before: new Float32Array(batch * size),
    after: new Float32Array(batch * size),
    action: new Float32Array(batch * config.actions),
  };
  for (let b = 0; b < batch; b++) {
    const pixels = pixelsOf(frames.subarray(2 * b * size, 2 * (b + 1) * size));
    inputs.before.set(pixels.subarray(0, size), b * size);
    inputs.after.set(pixels.subarray(size), b * size);
    const action = actions[clips[b]!]![starts[b]!];
    if (action !== undefined) inputs.action[b * config.actions + action] = 1;
  }
  return inputs;
}

/** What frames are followed by, of windows of one frame each. */
function prediction(config: NextFrameConfig, windows: number): Graph {
  const builder = new GraphBuilder();
  const before = builder.input('before', [windows, config.height, config.width, 3]);
  builder.output('next', predictNext(before, builder.input('action', [windows, config.actions]), config));
  return builder.build();
}

/** The state is the last frame alone: a recorded one takes its place. */
function prefill({ width, height }: NextFrameConfig, worlds: number): Graph {
  const builder = new GraphBuilder();
  const picture = [worlds, height, width, 3];
  const recorded = p.min(p.max(builder.input('recorded', picture), -1), 1);
  builder.assign(
    builder.scope(playScope, () => builder.variable('frame', picture)),
    recorded,
  );
  builder.output('frame', recorded);
  return builder.build();
}
