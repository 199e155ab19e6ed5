import { argmax, crossEntropy, logSoftmax, mean, pointwise as p } from '@snowglobe/kernels';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { Executor, VariableStore } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import type { StageDefinition } from '../../../family/training.js';
import type { MapConfig, PatchesConfig } from '../config/config.js';
import { cellCount } from '../config/config.js';
import { motionLogits } from '../motion/motion_head.js';
import { settleByPlaces } from '../motion/settle_by_places.js';
import type { CodedRecordings, MotionLabels } from '../survey/label_motions.js';
import { RecordedFrames } from './recorded_frames.js';
import { emptySurroundings, fillSurroundings, surroundingInputs } from './surroundings.js';
import type { RecalledFrames } from './transitions.js';

/** Transitions of a training step. */
const batch = 256;

/** What the head sees of a transition. */
export interface MotionExamples {
  readonly coded: CodedRecordings;
  readonly labels: MotionLabels;
  /** (N), undefined where nobody knows. */
  readonly actions: readonly (number | undefined)[];
  /** Of a memory by pose. */
  readonly around?: Pick<RecalledFrames, 'stood' | 'ways'> | undefined;
}

/** Learns the motion of transitions that show it without doubt. */
export function motionStage(examples: () => Promise<MotionExamples>, config: PatchesConfig): StageDefinition {
  let prepared: Promise<{ frames: RecordedFrames; clear: number[]; all: MotionExamples }> | undefined;
  const prepare = async () => {
    const all = await examples();
    const clear = [...all.actions.keys()].filter(
      (n) => all.labels.isClear[n] && all.actions[n] !== undefined,
    );
    return { all, clear, frames: new RecordedFrames(all.coded, config) };
  };
  return {
    framesPerStep: batch,
    optimizer: { muon: false, adamw: { learningRate: 2e-3 } },
    build: (builder) => {
      const { logits } = motionInputs(builder, config, batch);
      const motion = builder.input('motion', [batch], 'i32');
      return {
        loss: mean(crossEntropy(logits, motion)),
        metrics: { right: mean(p.toF32(p.equal(argmax(logits), motion))) },
      };
    },
    batches: async (_, random) => {
      const { all, clear, frames } = await (prepared ??= prepare());
      const inputs = { ...emptyMotionInputs(config, batch), motion: new Int32Array(batch) };
      for (let b = 0; b < batch; b++) {
        const n = clear[uniformInt(random, 0, clear.length - 1)]!;
        fillMotion(inputs, b, all, frames, n, config);
        inputs.motion[b] = all.labels.motions[n]!;
      }
      return inputs;
    },
  };
}

function motionInputs(builder: GraphBuilder, config: PatchesConfig, rows: number) {
  const last = builder.input('last', [rows, cellCount(config)], 'i32');
  const action = builder.input('action', [rows, config.actions]);
  const around = surroundingInputs(builder, config, rows);
  return { logits: motionLogits({ last_BP: last, action_BA: action, ...around }, config) };
}

const emptyMotionInputs = (config: PatchesConfig, rows: number) => ({
  last: new Int32Array(rows * cellCount(config)),
  action: new Float32Array(rows * config.actions),
  ...emptySurroundings(config, rows),
});

function fillMotion(
  inputs: ReturnType<typeof emptyMotionInputs>,
  row: number,
  { actions, around }: MotionExamples,
  frames: RecordedFrames,
  n: number,
  config: PatchesConfig,
): void {
  frames.fill(inputs.last, row, n);
  if (around) fillSurroundings(inputs, row, around, n, (from) => frames.codes(from), config);
  inputs.action.fill(0, row * config.actions, (row + 1) * config.actions);
  const action = actions[n];
  if (action !== undefined) inputs.action[row * config.actions + action] = 1;
}

/** The labels, with those that two frames leave in doubt settled by the head and by what the walk comes back to. */
export async function settleMotions(
  examples: MotionExamples,
  config: MapConfig,
  { executor, store }: { readonly executor: Executor; readonly store: VariableStore },
): Promise<MotionLabels> {
  const { labels, coded } = examples;
  const open = [...labels.isClear.keys()].filter((n) => !labels.isClear[n]);
  if (open.length === 0) return labels;
  const builder = new GraphBuilder();
  builder.output('nats', logSoftmax(motionInputs(builder, config, batch).logits));
  const program = await executor.compile(builder.build(), { store, freeze: true });
  const nats = new Map<number, Float32Array>();
  try {
    const frames = new RecordedFrames(coded, config);
    for (let first = 0; first < open.length; first += batch) {
      const some = open.slice(first, first + batch);
      const inputs = emptyMotionInputs(config, batch);
      some.forEach((n, b) => fillMotion(inputs, b, examples, frames, n, config));
      const rows = (await program.run(inputs))['nats'] as Float32Array;
      const count = rows.length / batch;
      some.forEach((n, b) => nats.set(n, rows.slice(b * count, (b + 1) * count)));
    }
  } finally {
    await program.close();
  }
  const { motions, view } = config;
  const recorded = { ...coded, cells: cellCount(config), labels, motions, view };
  return { ...labels, motions: settleByPlaces(recorded, (n) => nats.get(n)!) };
}
