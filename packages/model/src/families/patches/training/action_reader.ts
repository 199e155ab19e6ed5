import type { GraphBuilder, Tensor, VariableStore } from '@snowglobe/graph';
import { GraphBuilder as Builder, SnowglobeError } from '@snowglobe/graph';
import { argmax, concat, crossEntropy, gatherRows, mean, pointwise as p, reshape } from '@snowglobe/kernels';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { ActionProbe, RecordingContext, StageDefinition } from '../../../family/training.js';
import { linear } from '../../../layers/linear.js';
import { oneHot } from '../../../layers/one_hot.js';
import { parameter } from '../../../parameter.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount, frameCells, motionsOf } from '../config/config.js';
import { standingCells } from '../latent/event_reader.js';
import type { CodedRecordings, MotionLabels } from '../survey/label_motions.js';
import { RecordedFrames } from './recorded_frames.js';

/** Shapes: B transitions, P cells, R cells that are read, A true actions. */

/** Transitions of a training step. */
const batch = 256;
/** Cells on each side of the controlled one that are read, beside all cells that do not scroll. */
const reach = 1;
/** Numbers that tell what a cell shows, in each of the two frames. */
const cellWidth = 24;
const hiddenWidth = 192;
/** Share of the cells that are hidden in training, so that what is rare is not learned by heart. */
const hidden = 0.25;

/** What a reader is told of recordings. */
export interface ReadRecordings {
  readonly coded: CodedRecordings;
  readonly labels: MotionLabels;
  /** Latent actions, (N) of all clips in a row. */
  readonly codes: readonly number[];
}

/**
 * A network that reads true actions off what latent ones are read off: the cells around what is controlled and those that stand, in both
 * frames, the motion, and the latent action itself. It is the bound that latent actions are judged by.
 */
export function actionReader(
  recorded: () => Promise<ReadRecordings>,
  config: PatchesConfig,
  { data, executor }: Pick<RecordingContext, 'data' | 'executor'>,
): ActionProbe {
  return {
    define: async () => readerStage(await recorded(), config, data),
    read: async (store, actions) => readClips(await recorded(), config, { data, executor, store, actions }),
  };
}

type Data = RecordingContext['data'];

/** @throws SnowglobeError when no frame has a label */
function readerStage(recorded: ReadRecordings, config: PatchesConfig, data: Data): StageDefinition {
  const frames = new RecordedFrames(recorded.coded, config);
  const labels = data.clips.flatMap(({ frames: count }, clip) => data.actions(clip, 0, count - 1));
  const labelled = [...labels.keys()].filter((n) => labels[n] !== undefined);
  if (labelled.length === 0) {
    throw new SnowglobeError(
      `reader: none of ${data.clips.length} recordings has a frame with a label; give some with key logs.`,
    );
  }
  return {
    framesPerStep: batch,
    optimizer: { muon: false, adamw: { learningRate: 1e-3, decay: 0.1 } },
    build: (builder) => {
      const logits = readerLogits(builder, config, data.actionNames.length);
      const actions_B = builder.input('actions', [batch], 'i32');
      const accuracy = mean(p.toF32(p.equal(argmax(logits), actions_B)));
      return { loss: mean(crossEntropy(logits, actions_B)), metrics: { accuracy } };
    },
    batches: (_, random) => {
      const some = Array.from({ length: batch }, () => labelled[uniformInt(random, 0, labelled.length - 1)]!);
      const inputs = readerInputs(recorded, frames, config, some);
      for (const codes of [inputs.last, inputs.next]) {
        for (let i = 0; i < codes.length; i++) if (uniformFloat64(random) < hidden) codes[i] = 0;
      }
      return {
        ...inputs,
        actions: Int32Array.from(some, (n) => labels[n]!),
      };
    },
  };
}

async function readClips(
  recorded: ReadRecordings,
  config: PatchesConfig,
  {
    data,
    executor,
    store,
    actions,
  }: Pick<RecordingContext, 'data' | 'executor'> & {
    readonly store: VariableStore;
    readonly actions: number;
  },
): Promise<Float32Array[]> {
  const builder = new Builder();
  builder.output('logits', readerLogits(builder, config, actions));
  const program = await executor.compile(builder.build(), { store, freeze: true });
  const frames = new RecordedFrames(recorded.coded, config);
  const all = new Float32Array(frames.count * actions);
  try {
    for (let first = 0; first < frames.count; first += batch) {
      const here = Math.min(batch, frames.count - first);
      const some = Array.from({ length: here }, (_, i) => first + i);
      const { logits } = await program.run(readerInputs(recorded, frames, config, some));
      all.set((logits as Float32Array).subarray(0, here * actions), first * actions);
    }
  } finally {
    await program.close();
  }
  let at = 0;
  return data.clips.map(({ frames: count }) => all.slice(at, (at += (count - 1) * actions)));
}

function readerInputs(
  { labels, codes: latent }: ReadRecordings,
  frames: RecordedFrames,
  config: PatchesConfig,
  some: readonly number[],
) {
  const codes = (): Int32Array => new Int32Array(batch * cellCount(config));
  const inputs = { last: codes(), next: codes(), motion: new Int32Array(batch), code: new Int32Array(batch) };
  some.forEach((n, b) => {
    frames.fill(inputs.last, b, n);
    frames.fill(inputs.next, b, n, 1);
    inputs.motion[b] = labels.motions[n]!;
    inputs.code[b] = latent[n]!;
  });
  return inputs;
}

/** Logits (B, A). Inputs: codes from 1 of both frames, `last` and `next` (B, P), `motion` and `code` (B). */
function readerLogits(builder: GraphBuilder, config: PatchesConfig, actions: number): Tensor {
  const cells = cellCount(config);
  const read = readCells(config);
  const picked = builder.constant(
    Int32Array.from({ length: batch * read.length }, (_, i) => {
      return Math.floor(i / read.length) * cells + read[i % read.length]!;
    }),
    [batch, read.length],
  );
  const frame = (name: string): Tensor => {
    const codes = reshape(builder.input(name, [batch, cells], 'i32'), [batch * cells, 1]);
    const shown = reshape(gatherRows(codes, picked), [batch, read.length]);
    const table = builder.scope(name, () =>
      parameter(builder, 'embedding', [config.codebook + 1, cellWidth], {
        ...{ kind: 'normal', standardDeviation: 0.3 },
      }),
    );
    return reshape(gatherRows(table, shown), [batch, read.length * cellWidth]);
  };
  return builder.scope('reader', () => {
    const motion = oneHot(builder.input('motion', [batch], 'i32'), motionsOf(config));
    const code = oneHot(builder.input('code', [batch], 'i32'), config.actions);
    const seen = concat([frame('last'), frame('next'), motion, code], 1);
    const first = p.gelu(linear(seen, 'in', hiddenWidth));
    return linear(p.gelu(linear(first, 'hidden', hiddenWidth)), 'out', actions, { gain: 0.1 });
  });
}

/** The cells that are read, by index. */
function readCells(config: PatchesConfig): number[] {
  const { rows, columns } = frameCells(config);
  const { view, latentActions } = config;
  const middle = (view.top + Math.floor(view.rows / 2)) * columns + view.left + Math.floor(view.columns / 2);
  const cell = latentActions?.cell ?? middle;
  const [row, column] = [Math.floor(cell / columns), cell % columns];
  const around = Array.from({ length: rows * columns }, (_, each) => each).filter(
    (each) =>
      Math.abs(Math.floor(each / columns) - row) <= reach && Math.abs((each % columns) - column) <= reach,
  );
  return [...new Set([...around, ...standingCells({ columns, view, cells: rows * columns })])];
}
