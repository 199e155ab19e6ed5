import type { Tensor } from '@snowglobe/graph';
import {
  concat,
  gatherRows,
  matmul,
  maxOver,
  pointwise as p,
  reshape,
  slice,
  softmax,
  sum,
  transpose,
} from '@snowglobe/kernels';
import { ofEach } from '../../../layers/of_each.js';
import type { CellRect } from '../../../memory/cells.js';
import { isWithin } from '../../../memory/cells.js';
import type { WithMovers } from '../config/config.js';
import { frameCells } from '../config/config.js';

/**
 * Shapes: B worlds, P cells, Q of them, K patches, G kinds of movers, R = B·G, N = 5 places of a thing: where it was, above, below, left and
 * right of it.
 *
 * Cells that are sampled apart from one another do not know of one another: a creature that may stay or step onto one of four cells comes
 * out twice, or not at all. Here each thing is sampled as one: the shares of its kind in its five places are its weights, and it takes one of
 * them. How likely it is to be anywhere is the sum of them, which chance and the network's errors move about 1; odds of the fourth power make
 * that certain, or nothing.
 */

export interface MoverSampling {
  /** i32 (B, P), from 1: see `MapHint`. */
  readonly hint_BP: Tensor;
  /** In [0, 1). */
  readonly uniforms_BP: Tensor;
  /** (1), or (B) of worlds apart. */
  readonly temperature: Tensor;
}

/** Below this temperature the likeliest codes are taken, see `sampleTokens`. */
const greedyBelow = 1e-6;
const tiny = 1e-9;
/** So far below 1 that no rounding leads past the last place. */
const belowOne = 1 - 2 ** -18;

const places = [
  [0, 0],
  [-1, 0],
  [1, 0],
  [0, -1],
  [0, 1],
] as const;
const placeCount = places.length;

/**
 * What each cell shows by the kinds of movers: (B, P, G + 1) one-hot, the last for none of them.
 * @param logits_BPK of all cells, none of them known
 */
export function placeMovers(
  logits_BPK: Tensor,
  { hint_BP, uniforms_BP, temperature }: MoverSampling,
  config: WithMovers,
): Tensor {
  const { builder } = logits_BPK;
  const [batch, cells, codes] = logits_BPK.shape as [number, number, number];
  const kinds = config.movers.length;
  const rows = batch * kinds;
  const table = kindTable(config);
  const isKind_KG = builder.constant(table, [codes, kinds]);
  const ofHint = builder.constant(Float32Array.of(...new Array<number>(kinds).fill(0), ...table), [
    codes + 1,
    kinds,
  ]);
  /** (B, P, G) -> (R, P) */
  const apart = (x_BPG: Tensor): Tensor => reshape(transpose(x_BPG, [0, 2, 1]), [rows, cells]);
  /** (B, P) -> (R, P) */
  const forKinds = (x_BP: Tensor): Tensor =>
    reshape(
      p.mul(
        reshape(x_BP, [batch, 1, cells]),
        builder.constant(new Float32Array(kinds).fill(1), [1, kinds, 1]),
      ),
      [rows, cells],
    );
  const place = (n: number): Tensor =>
    builder.constant(
      Float32Array.from(places, (_, i) => +(n === 0 ? i === 0 : i > 0)),
      [1, 1, placeCount],
    );
  const each = (x_RP: Tensor): Tensor => reshape(x_RP, [rows, cells, 1]);

  const shares_BPK = softmax(p.div(logits_BPK, p.max(ofEach(temperature, 3), greedyBelow)));
  const share_RP = apart(matmul(shares_BPK, isKind_KG));
  const stood_BPG = gatherRows(ofHint, hint_BP);
  const stood_RP = apart(stood_BPG);
  // A thing does not step onto another one, and a cell between things of a kind is shared by them.
  const free_RP = forKinds(p.sub(1, p.min(sum(stood_BPG, 2), 1)));
  const beside_RP = sum(p.mul(atPlaces(stood_RP, config), place(1)), 2);
  const steps_RPN = atPlaces(p.div(p.mul(share_RP, free_RP), p.max(beside_RP, 1)), config);
  const weights_RPN = p.mul(
    each(stood_RP),
    p.add(p.mul(place(0), each(share_RP)), p.mul(place(1), steps_RPN)),
  );
  const upTo = builder.constant(
    Float32Array.from({ length: placeCount ** 2 }, (_, i) => +(Math.floor(i / placeCount) <= i % placeCount)),
    [placeCount, placeCount],
  );
  const until_RPN = matmul(weights_RPN, upTo);
  const weight_RP = reshape(slice(until_RPN, 2, placeCount - 1, placeCount), [rows, cells]);
  // Where nothing of a kind stood, nor beside it, it comes as the network says.
  const isAlone_RP = p.toF32(p.less(p.add(stood_RP, beside_RP), 0.5));
  const odds_RP = p.add(p.mul(stood_RP, sharpened(weight_RP)), p.mul(isAlone_RP, share_RP));
  const uniform_RP = forKinds(uniforms_BP);
  const isThere_RP = p.toF32(p.less(uniform_RP, odds_RP));
  const target_RP = p.mul(p.min(p.div(uniform_RP, p.max(odds_RP, tiny)), belowOne), weight_RP);
  const isPast_RPN = p.toF32(p.greater(p.sub(until_RPN, weights_RPN), each(target_RP)));
  const taken_RPN = p.mul(
    p.mul(p.sub(1, isPast_RPN), p.toF32(p.greater(until_RPN, each(target_RP)))),
    each(p.mul(isThere_RP, stood_RP)),
  );
  const came_RP = p.mul(isAlone_RP, isThere_RP);
  const is_RP = p.min(p.add(sum(takenBy(taken_RPN, config), 2), came_RP), 1);
  // Where things of several kinds came, the likeliest stays.
  const byKind = (x_RP: Tensor): Tensor => reshape(x_RP, [batch, kinds, cells]);
  const strength_BGP = byKind(p.mul(is_RP, p.add(share_RP, tiny)));
  const strongest = maxOver(strength_BGP, 1, { keepDimensions: true });
  const isStrongest = p.sub(1, p.toF32(p.greater(strongest, strength_BGP)));
  const is_BPG = transpose(p.mul(byKind(is_RP), isStrongest), [0, 2, 1]);
  const none = p.sub(1, maxOver(is_BPG, 2, { keepDimensions: true }));
  return concat([is_BPG, none], 2);
}

/** Logits of which nothing but the kind that was decided is left at each cell; where temperature takes the likeliest codes, all. */
export function withinKinds(
  logits_BQK: Tensor,
  kind_BQH: Tensor,
  temperature: Tensor,
  config: WithMovers,
): Tensor {
  const { builder } = logits_BQK;
  const codes = config.codebook;
  const kinds = config.movers.length;
  const table = kindTable(config);
  const allowed = Float32Array.from({ length: (kinds + 1) * codes }, (_, i) => {
    const [kind, code] = [Math.floor(i / codes), i % codes];
    const row = table.subarray(code * kinds, (code + 1) * kinds);
    return kind < kinds ? row[kind]! : +row.every((is) => is === 0);
  });
  const isAllowed = matmul(kind_BQH, builder.constant(allowed, [kinds + 1, codes]));
  const isSampled = p.toF32(p.greater(ofEach(temperature, 3), greedyBelow));
  return p.sub(logits_BQK, p.mul(p.mul(p.sub(1, isAllowed), isSampled), 1e4));
}

/** (K, G): 1 where a patch is of a kind. */
function kindTable({ movers, codebook }: WithMovers): Float32Array {
  const table = new Float32Array(codebook * movers.length);
  movers.forEach((codes, kind) => {
    for (const code of codes) table[code * movers.length + kind] = 1;
  });
  return table;
}

function sharpened(weight: Tensor): Tensor {
  const is = p.min(weight, 1);
  const fourth = (x: Tensor): Tensor => {
    const square = p.mul(x, x);
    return p.mul(square, square);
  };
  return p.div(fourth(is), p.add(fourth(is), fourth(p.sub(1, is))));
}

/** What is at each place of each cell, 0 beyond the frame: (R, P) -> (R, P, N). */
function atPlaces(rows_RP: Tensor, config: WithMovers): Tensor {
  const [rows, cells] = rows_RP.shape as [number, number];
  return gatherCells(rows_RP, placesOf(config, 1), [rows, cells, placeCount]);
}

/** Of each cell, whether the thing at each place took it: (R, P, N) of things -> (R, P, N) of cells. */
function takenBy(taken_RPN: Tensor, config: WithMovers): Tensor {
  const [rows, cells] = taken_RPN.shape as [number, number];
  const from = placesOf(config, -1).map((cell, i) =>
    cell === cells ? cells * placeCount : cell * placeCount + (i % placeCount),
  );
  return gatherCells(reshape(taken_RPN, [rows, cells * placeCount]), from, taken_RPN.shape);
}

/** Entries of each row, 0 past its end. */
function gatherCells(rows_RX: Tensor, indices: Int32Array, shape: Tensor['shape']): Tensor {
  const { builder } = rows_RX;
  const rows = rows_RX.shape[0]!;
  const padded = concat([rows_RX, builder.constant(new Float32Array(rows), [rows, 1])], 1);
  const index = builder.constant(indices, [indices.length]);
  return reshape(transpose(gatherRows(transpose(padded, [1, 0]), index), [1, 0]), shape);
}

/** Index of the cell at each place of each cell, or opposite to it; P beyond the view: (P·N). */
function placesOf(config: WithMovers, sign: -1 | 1): Int32Array {
  const { rows, columns } = frameCells(config);
  const view = movingView(config);
  return Int32Array.from({ length: rows * columns * placeCount }, (_, i) => {
    const [down, right] = places[i % placeCount]!;
    const cell = Math.floor(i / placeCount);
    const row = Math.floor(cell / columns) + sign * down;
    const column = (cell % columns) + sign * right;
    return isWithin(view, row, column) ? row * columns + column : rows * columns;
  });
}

/** Where things move: the view, or all of a frame that does not scroll. */
function movingView(config: WithMovers): CellRect {
  return config.view.rows > 0 ? config.view : { top: 0, left: 0, ...frameCells(config) };
}
