import type { Graph } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import type { FirstFrame, FirstFrameOptions, FirstFrames, RunGraph } from '../../../family/first_frames.js';
import { generatorFor, shuffled } from '../../../random.js';
import type { Clause } from '../../../text/clauses.js';
import { clauseIds, clauseWords, idsOf } from '../../../text/encoder.js';
import type { WithWords } from '../config/config.js';
import { cellCount, clausesAtOnce, hasAdjacency } from '../config/config.js';
import { neighboursTake } from '../play/neighbours.js';
import { tilesOf } from '../play/tiles.js';
import { firstFrameLogits } from './first_frame.js';
import { judgeClauses } from './judge.js';

/** Shapes: C candidates, P cells, N patches, K clauses. */

/** Steps in which the cells of a first frame are decided. */
const steps = 20;
/** Cells are decided slowly at first, when each decides much about the others: the share that is known goes with this power of the steps. */
const slowness = 1.5;
/**
 * How strongly words are followed in the first step (classifier-free guidance, Ho & Salimans 2022), and in the last, for patches that a
 * frame does not show yet. What it shows already is as likely as the network says: a lake goes on, and one cow is enough.
 */
const guidance = { first: 3, last: 1 };
/** What is less likely than this share of the likeliest is not drawn (min-p): by guided logits, and by those that guidance begins with. */
const leastShare = 0.03;
const leastUnguided = 1e-3;

/** Draws first frames of worlds that know words. */
export function firstFramesOf(config: WithWords): FirstFrames {
  const { vocabulary } = config.words;
  const slots = clausesAtOnce(config);
  return {
    vocabulary,
    clauses: slots,
    graphs: (candidates) => ({
      predict: predictGraph(config, 2 * candidates),
      judge: judgeGraph(config, candidates),
    }),
    async draw(text, options, run, world): Promise<readonly FirstFrame[]> {
      const clauses = text.clauses.slice(0, slots);
      const ids = clauseIds(clauses, idsOf(vocabulary), slots);
      const codes = await drawCodes(ids, options, run, config);
      const scores = await judge(codes, ids, options.candidates, clauses, run);
      const { draw } = tilesOf(config).reader(world);
      const cells = cellCount(config);
      const frames = scores.map((holds, c) => ({
        holds,
        frame: draw(codes.slice(c * cells, (c + 1) * cells)),
        score: holds.reduce((sum, each) => sum + Math.log(Math.max(each, 1e-6)), 0),
      }));
      return frames.sort((a, b) => b.score - a.score).map(({ frame, holds }) => ({ frame, holds }));
    },
  };
}

function predictGraph(config: WithWords, rows: number): Graph {
  const builder = new GraphBuilder();
  const known = builder.input('known', [rows, cellCount(config)], 'i32');
  const clauses = builder.input('clauses', [rows, clausesAtOnce(config), clauseWords], 'i32');
  builder.output('logits', firstFrameLogits(known, clauses, config));
  return builder.build();
}

function judgeGraph(config: WithWords, rows: number): Graph {
  const builder = new GraphBuilder();
  const codes = builder.input('codes', [rows, cellCount(config)], 'i32');
  const clauses = builder.input('clauses', [rows, clausesAtOnce(config), clauseWords], 'i32');
  builder.output('logits', judgeClauses(codes, clauses, config));
  return builder.build();
}

/**
 * Codes (C, P) of first frames, from 0. Cells are decided in an order left to chance, a few a step, each from those before (MaskGIT with random
 * order). Cells of one step do not see each other, so a patch that a frame does not show yet is placed once a step: else
 * one creature that is asked for would come in all of them.
 */
async function drawCodes(
  ids: Int32Array,
  { seed, candidates }: FirstFrameOptions,
  run: RunGraph,
  config: WithWords,
): Promise<Int32Array> {
  const cells = cellCount(config);
  const misfit = hasAdjacency(config) ? neighboursTake(config) : undefined;
  const known = new Int32Array(2 * candidates * cells);
  // Every candidate twice: with what is said, and without.
  const clauses = new Int32Array(2 * candidates * ids.length);
  for (let c = 0; c < candidates; c++) clauses.set(ids, c * ids.length);
  const randoms = Array.from({ length: candidates }, (_, c) => generatorFor(seed, `first frame ${c}`));
  const orders = randoms.map((random) => shuffled([...Array(cells).keys()], random));
  for (let step = 1; step <= steps; step++) {
    const { logits } = await run('predict', { known, clauses });
    const strength = guidance.first + ((guidance.last - guidance.first) * (step - 1)) / (steps - 1);
    const left = step === steps ? 0 : Math.floor(cells * (1 - (step / steps) ** slowness));
    randoms.forEach((random, c) => {
      const row = known.subarray(c * cells, (c + 1) * cells);
      const size = cells * config.codebook;
      const told = (logits as Float32Array).subarray(c * size, (c + 1) * size);
      const untold = (logits as Float32Array).subarray((candidates + c) * size, (candidates + c + 1) * size);
      const shown = new Set(row);
      const placed = new Set<number>();
      let open = row.reduce((sum, code) => sum + (code === 0 ? 1 : 0), 0);
      for (const cell of orders[c]!) {
        if (open <= left) break;
        if (row[cell] !== 0) continue;
        const of = (logits: Float32Array): Float32Array =>
          logits.subarray(cell * config.codebook, (cell + 1) * config.codebook);
        const logitsOf = { told: of(told), untold: of(untold), taken: misfit?.(cell, row) };
        const code = 1 + sample(logitsOf, shown, strength, random);
        if (!shown.has(code) && placed.has(code) && step < steps) continue;
        placed.add(code);
        row[cell] = code;
        open--;
      }
      known.set(row, (candidates + c) * cells);
    });
  }
  return known.subarray(0, candidates * cells).map((code) => code - 1);
}

/** Logits (K) of the patches of a cell. */
interface CellLogits {
  readonly told: Float32Array;
  readonly untold: Float32Array;
  /** What neighbours take from both. */
  readonly taken: Float32Array | undefined;
}

/** A patch by guided logits, without tails. @param shown codes of the frame, from 1 */
function sample(
  { told, untold, taken }: CellLogits,
  shown: ReadonlySet<number>,
  strength: number,
  random: JumpableRandomGenerator,
): number {
  const patches = told.length;
  const shares = new Float64Array(patches);
  const left = (logits: Float32Array, i: number): number => logits[i]! - (taken?.[i] ?? 0);
  let most = -Infinity;
  let likeliest = -Infinity;
  for (let i = 0; i < patches; i++) likeliest = Math.max(likeliest, left(told, i));
  const least = likeliest + Math.log(leastUnguided);
  for (let i = 0; i < patches; i++) {
    const [guided, unguided] = [left(told, i), left(untold, i)];
    shares[i] =
      guided < least ? -Infinity : unguided + (shown.has(i + 1) ? 1 : strength) * (guided - unguided);
    most = Math.max(most, shares[i]!);
  }
  let total = 0;
  for (let i = 0; i < patches; i++) {
    const share = Math.exp(shares[i]! - most);
    shares[i] = share < leastShare ? 0 : share;
    total += shares[i]!;
  }
  let mass = uniformFloat64(random) * total;
  let last = 0;
  for (let i = 0; i < patches; i++) {
    if (shares[i] === 0) continue;
    last = i;
    mass -= shares[i]!;
    if (mass < 0) break;
  }
  return last;
}

/** How surely clauses hold in frames: (C) of (K), 0 … 1. */
async function judge(
  codes: Int32Array,
  ids: Int32Array,
  candidates: number,
  clauses: readonly Clause[],
  run: RunGraph,
): Promise<number[][]> {
  const rows = new Int32Array(candidates * ids.length);
  for (let c = 0; c < candidates; c++) rows.set(ids, c * ids.length);
  const { logits } = await run('judge', { codes: codes.map((code) => code + 1), clauses: rows });
  const slots = ids.length / clauseWords;
  return Array.from({ length: candidates }, (_, c) =>
    Array.from({ length: clauses.length }, (__, k) => 1 / (1 + Math.exp(-logits![c * slots + k]!))),
  );
}
