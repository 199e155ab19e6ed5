import type { Tensor } from '@snowglobe/graph';
import { argmax, crossEntropy, pointwise as p, sum } from '@snowglobe/kernels';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { StageDefinition } from '../../../family/training.js';
import { freshness } from '../../../memory/cells.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount, isByPose } from '../config/config.js';
import { embedFrame, patchLogits } from '../dynamics/dynamics.js';
import { eventsScope } from '../dynamics/told.js';
import { emptyInputs, fillCell, fillContext, frameContextInputs } from './context_inputs.js';
import { drawingOdds, drawTransition } from './drawing_odds.js';
import { surroundingsMixer } from './mix_surroundings.js';
import type { Transitions } from './transitions.js';
import { putWrongPatches } from './wrong_patches.js';

/** Shapes: B transitions, P cells. */

/** Transitions of a training step. */
const batch = 32;
/** Share of rows all of whose cells are masked, as in the first refinement step, which decides most. */
const allMasked = 0.6;
/** Share of rows that are not told how long ago cells changed, so that what an action does is not guessed from when it was done last. */
const agesHidden = 0.25;
/** Share of rows whose surroundings are those of another transition, where two fit. */
const mixedShare = 0.6;

/**
 * Masked prediction of the next frame's patches. The loss is in nats a masked cell.
 * @param options.continues whether a world that plays is trained on. One that begins has to learn to mend what it samples wrong, from wrong patches; it
 * then takes what is rare and right for wrong as well, now and then. One that plays samples little that is wrong, and has to be sure.
 */
export function dynamicsStage(
  transitions: () => Promise<Transitions>,
  config: PatchesConfig,
  { continues = false }: { readonly continues?: boolean | undefined } = {},
): StageDefinition {
  const cells = cellCount(config);
  const prepared = once(async () => {
    const all = await transitions();
    // A view in first person cannot be put together from two.
    const mixer = isByPose(config) ? undefined : surroundingsMixer(all, config);
    return { all, ...drawingOdds(all, config), mixer };
  });
  return {
    framesPerStep: batch,
    mayLack: (parameter) => parameter.startsWith(`dynamics/${eventsScope}/`),
    optimizer: { muon: { learningRate: 0.01 }, adamw: { learningRate: 1.5e-3, beta2: 0.98 } },
    build: (builder) => {
      const inputs = frameContextInputs(builder, config, batch);
      const known = builder.input('known', [batch, cells], 'i32');
      const next = builder.input('next', [batch, cells], 'i32');
      const weights = builder.input('weights', [batch, 1]);
      const logits = builder.scope('dynamics', () => patchLogits(embedFrame(inputs, config), known, config));
      const masked = p.toF32(p.equal(known, 0));
      const total = p.max(sum(masked), 1);
      const losses = crossEntropy(logits, next);
      const right = p.toF32(p.equal(argmax(logits), next));
      const rate = (hits: Tensor, of: Tensor): Tensor => p.div(sum(p.mul(hits, of)), p.max(sum(of), 1));
      const isLast = p.mul(masked, p.toF32(p.equal(inputs.freshness_BP, freshness.last)));
      const changed = p.mul(isLast, p.sub(1, p.toF32(p.equal(inputs.hint_BP, p.add(next, 1)))));
      const isNew = p.mul(masked, p.toF32(p.equal(inputs.freshness_BP, freshness.never)));
      return {
        loss: p.div(sum(p.mul(p.mul(losses, masked), weights)), total),
        metrics: { seen: rate(right, isLast), changed: rate(right, changed), unseen: rate(right, isNew) },
      };
    },
    batches: async (_, random) => {
      const { all, cumulative, weights, mixer } = await prepared();
      const inputs = emptyInputs(config, batch);
      const rest = {
        known: new Int32Array(batch * cells),
        next: new Int32Array(batch * cells),
        weights: new Float32Array(batch),
      };
      for (let b = 0; b < batch; b++) {
        const n = drawTransition(cumulative, random);
        fillContext(inputs, b, all, n, config);
        const around = mixer && uniformFloat64(random) < mixedShare ? mixer.around(n, random) : undefined;
        const sourceOf = (cell: number): number => (around?.cells[cell] ? around.from : n);
        around?.cells.forEach((isTaken, cell) => {
          if (isTaken) fillCell(inputs, b, cell, all, around.from, config);
        });
        if (!continues) putWrongPatches(inputs, b, all, n, config, random);
        if (uniformFloat64(random) < agesHidden) inputs.ages?.fill(0, b * cells, (b + 1) * cells);
        rest.weights[b] = weights[n]!;
        const share = uniformFloat64(random) < allMasked ? 1 : uniformFloat64(random);
        for (let cell = 0; cell < cells; cell++) {
          const code = all.next[sourceOf(cell) * cells + cell]!;
          rest.next[b * cells + cell] = code;
          rest.known[b * cells + cell] = uniformFloat64(random) < share ? 0 : code + 1;
        }
      }
      return { ...inputs, ...rest };
    },
  };
}

/** Runs a function when it is first asked for. */
function once<T>(compute: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= compute());
}
