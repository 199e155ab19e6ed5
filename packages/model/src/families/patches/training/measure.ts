import type { Executor, Shape, Tensor, TensorData, VariableStore } from '@snowglobe/graph';
import { GraphBuilder, sizeOf } from '@snowglobe/graph';
import { argmax } from '@snowglobe/kernels';
import { freshness } from '../../../memory/cells.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount, isByPose } from '../config/config.js';
import type { FrameContext } from '../dynamics/dynamics.js';
import { embedFrame, patchLogits } from '../dynamics/dynamics.js';
import { motionLogits } from '../motion/motion_head.js';
import { samplePatches } from '../play/sample_patches.js';
import { emptyInputs, fillContext, frameContextInputs } from './context_inputs.js';
import { emptySurroundings, fillSurroundings, surroundingInputs } from './surroundings.js';
import type { Transitions } from './transitions.js';

/** Figures of worlds with a map: shares of cells that are right in one pass, given the true last frame and what is remembered. */
const mapFigures = {
  seenCells: 'cells of the last frame',
  changedCells: 'of them, those that change',
  earlierCells: 'cells seen earlier',
  newCells: 'cells never seen',
  motion: 'motion of the view',
} as const;

/** Figures of worlds with a memory by pose, of the cells of the view. */
const poseFigures = {
  stillCells: 'cells of a pose that stays',
  samePoseCells: 'cells of a pose seen before',
  samePoseFrames: 'of them, whole frames',
  newPoseCells: 'cells of a new pose',
  newPoseFrames: 'of them, whole frames',
  newPosePlayed: 'whole frames of a new pose, decided step by step as in play (temperature 0)',
  changedCells: 'cells that change where they were seen',
  motion: 'motion of the view',
} as const;

/** What is measured, in words: shares (0 … 1) that are right. Of motions, those that are known without doubt. */
export const figureTitles = (config: PatchesConfig): Readonly<Record<string, string>> =>
  isByPose(config) ? poseFigures : mapFigures;

/** By the names of `figureTitles`. */
export type Accuracy = ReadonlyMap<string, number>;

const batch = 64;
/** Transitions that are measured, evenly spread. */
const most = 6400;

export async function measureAccuracy(
  transitions: Transitions,
  config: PatchesConfig,
  { executor, store }: { readonly executor: Executor; readonly store: VariableStore },
): Promise<Accuracy> {
  const cells = cellCount(config);
  const builder = new GraphBuilder();
  const inputs = frameContextInputs(builder, config, batch);
  const around = surroundingInputs(builder, config, batch);
  const known = builder.constant(new Int32Array(batch * cells), [batch, cells]);
  builder.output(
    'codes',
    argmax(builder.scope('dynamics', () => patchLogits(embedFrame(inputs, config), known, config))),
  );
  if (isByPose(config)) builder.output('played', likeliestInPlay(inputs, config));
  const { last_BP, action_BA } = inputs;
  builder.output('motions', argmax(motionLogits({ last_BP, action_BA, ...around }, config)));
  const program = await executor.compile(builder.build(), { store, freeze: true });
  const counts = new Map<string, { right: number; all: number }>();
  const count = (figure: string, isRight: boolean): void => {
    const of = counts.get(figure) ?? { right: 0, all: 0 };
    counts.set(figure, { right: of.right + (isRight ? 1 : 0), all: of.all + 1 });
  };
  const { recalled, labels } = transitions;
  const countFrame = recalled ? countByPose : countOnMap;
  const stride = Math.max(1, Math.ceil(transitions.count / most));
  const chosen = [...Array(Math.floor((transitions.count - 1) / stride) + 1).keys()].map((i) => i * stride);
  const codesOf = (n: number) => transitions.last.subarray(n * cells, (n + 1) * cells);
  try {
    for (let first = 0; first < chosen.length; first += batch) {
      const some = chosen.slice(first, first + batch);
      const rows = { ...emptyInputs(config, batch), ...emptySurroundings(config, batch) };
      some.forEach((n, b) => {
        fillContext(rows, b, transitions, n, config);
        if (recalled) fillSurroundings(rows, b, recalled, n, codesOf, config);
      });
      const { codes, motions, played } = await program.run(rows);
      some.forEach((n, b) => {
        if (labels.isClear[n]) count('motion', motions![b] === labels.motions[n]);
        const ofFrame = (data: TensorData): TensorData => data.subarray(b * cells, (b + 1) * cells);
        countFrame(transitions, n, ofFrame(codes!), count);
        if (played) countPlayed(transitions, n, ofFrame(played), count);
      });
    }
  } finally {
    await program.close();
  }
  return new Map(
    Object.keys(figureTitles(config)).map((figure) => {
      const { right, all } = counts.get(figure) ?? { right: 1, all: 1 };
      return [figure, right / all];
    }),
  );
}

/** The likeliest patches, i32 (B, P), as play decides them: step by step, those that fit together. */
function likeliestInPlay(inputs: FrameContext, config: PatchesConfig): Tensor {
  const [rows, cells] = inputs.hint_BP.shape as [number, number];
  const { builder } = inputs.hint_BP;
  const zeros = (shape: Shape): Tensor => builder.constant(new Float32Array(sizeOf(shape)), shape);
  const codeUniforms = zeros([config.refinementSteps, rows * cells]);
  return samplePatches(
    inputs,
    { temperature: zeros([1]), confidenceThreshold: zeros([1]), codeUniforms },
    config,
  );
}

type Count = (figure: string, isRight: boolean) => void;

/** @param codes (P) as they were predicted */
function countOnMap(
  { hint, freshness: kinds, next }: Transitions,
  n: number,
  codes: ArrayLike<number>,
  count: Count,
): void {
  for (let cell = 0; cell < codes.length; cell++) {
    const at = n * codes.length + cell;
    const isRight = codes[cell] === next[at];
    if (kinds[at] === freshness.never) count('newCells', isRight);
    else if (kinds[at] === freshness.earlier) count('earlierCells', isRight);
    else {
      count('seenCells', isRight);
      if (hint[at] !== next[at]! + 1) count('changedCells', isRight);
    }
  }
}

/** How fresh what is known of a frame is; cells that stand still were in the last frame whatever the pose. */
const poseKind = (kinds: Uint8Array): number => Math.min(...kinds);

function countByPose(
  { hint, freshness: kinds, next }: Transitions,
  n: number,
  codes: ArrayLike<number>,
  count: Count,
): void {
  const [from, to] = [n * codes.length, (n + 1) * codes.length];
  const kind = poseKind(kinds.subarray(from, to));
  const name = (['newPose', 'samePose', 'still'] as const)[kind]!;
  let isWhole = true;
  for (let cell = 0; cell < codes.length; cell++) {
    const at = from + cell;
    const isRight = codes[cell] === next[at];
    isWhole &&= isRight;
    if (kinds[at] === kind) count(`${name}Cells`, isRight);
    if (hint[at] !== 0 && hint[at] !== next[at]! + 1) count('changedCells', isRight);
  }
  if (name !== 'still') count(`${name}Frames`, isWhole);
}

/** Counts whole frames of new poses. @param codes (P) as play decides them */
function countPlayed(
  { freshness: kinds, next }: Transitions,
  n: number,
  codes: ArrayLike<number>,
  count: Count,
): void {
  const [from, to] = [n * codes.length, (n + 1) * codes.length];
  if (poseKind(kinds.subarray(from, to)) !== freshness.never) return;
  const isWhole = next.subarray(from, to).every((code, cell) => codes[cell] === code);
  count('newPosePlayed', isWhole);
}
