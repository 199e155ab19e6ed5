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
import { greedyBelow } from '@snowglobe/kernels/internal';
import { ofEach } from '../../../layers/of_each.js';
import { isInside, isWithin, ownAndBeside } from '../../../memory/cells.js';
import type { PatchesConfig, WithMovers } from '../config/config.js';
import { frameCells, hasMovers, wholeView } from '../config/config.js';

/**
 * Shapes: B worlds, P cells, Q of them, K patches, G kinds of movers, R = B·G, N = 5 places of a thing: where it was, above, below, left and
 * right of it.
 *
 * Cells that are sampled apart from one another do not know of one another: a creature that may stay or step onto one of four cells comes
 * out twice, or not at all. Here each thing is sampled as one: the shares of its kind in its five places are its weights, and it takes one of
 * them. How likely it is to be anywhere is the sum of them, which chance and the network's errors move about 1; odds of the fourth power make
 * that certain, or nothing. What never vanishes within the view in recordings (`lasting`) is somewhere, unless the network is sure that it is
 * not, and comes only through the edges or with land never seen: born within the view it would stay, and more with it. Through the edges
 * things leave and come as often as the network says.
 */

export interface MoverSampling {
  /** i32 (B, P), from 1: see `MapHint`. */
  readonly hint_BP: Tensor;
  /** The logits without their tails (`withoutTails`): what comes from outside is rarer than what they cut off. */
  readonly likely_BPK: Tensor;
  /** In [0, 1). */
  readonly uniforms_BP: Tensor;
  /** (1), or (B) of worlds apart. */
  readonly temperature: Tensor;
}

const tiny = 1e-9;
/** So far below 1 that no rounding leads past the last place. */
const belowOne = 1 - 2 ** -18;

/** What lasts is gone where it is this unlikely to be anywhere. */
const leastLasting = 0.05;

const places = ownAndBeside;
const placeCount = places.length;

/**
 * What each cell shows by the kinds of movers: (B, P, G + 1) one-hot, the last for none of them.
 * @param logits_BPK of all cells, none of them known
 */
export function placeMovers(
  logits_BPK: Tensor,
  { hint_BP, likely_BPK, uniforms_BP, temperature }: MoverSampling,
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
  const each = (x_RP: Tensor): Tensor => reshape(x_RP, [rows, cells, 1]);

  const sharesOf = (of_BPK: Tensor): Tensor =>
    apart(matmul(softmax(p.div(of_BPK, p.max(ofEach(temperature, 3), greedyBelow))), isKind_KG));
  const share_RP = sharesOf(logits_BPK);
  const stood_BPG = gatherRows(ofHint, hint_BP);
  const stood_RP = apart(stood_BPG);
  // A thing does not step onto another one, and a cell between things of a kind is shared by them.
  const free_RP = forKinds(p.sub(1, p.min(sum(stood_BPG, 2), 1)));
  const tables = placeTables(config);
  const beside_RP = matmul(stood_RP, builder.constant(tables.beside, [cells, cells]));
  const toPlaces = (x_RP: Tensor, table: Float32Array): Tensor =>
    reshape(matmul(x_RP, builder.constant(table, [cells, cells * placeCount])), [rows, cells, placeCount]);
  const steps_RP = p.div(p.mul(share_RP, free_RP), p.max(beside_RP, 1));
  const weights_RPN = p.mul(
    each(stood_RP),
    p.add(toPlaces(share_RP, tables.own), toPlaces(steps_RP, tables.steps)),
  );
  const upTo = builder.constant(
    Float32Array.from({ length: placeCount ** 2 }, (_, i) => +(Math.floor(i / placeCount) <= i % placeCount)),
    [placeCount, placeCount],
  );
  const until_RPN = matmul(weights_RPN, upTo);
  const weight_RP = reshape(slice(until_RPN, 2, placeCount - 1, placeCount), [rows, cells]);
  const isAlone_RP = p.toF32(p.less(p.add(stood_RP, beside_RP), 0.5));
  // Within the view what stood is somewhere, or nowhere, and where nothing of a kind stood, nor beside it, it comes if that is likely enough.
  // At its edge things leave and come as the network says, but no more than the others: which way a thing was going no frame shows, so what
  // came would stay too long, and gather. Where things last, `likely_BPK` has all that may come there: those come as often as the network says.
  const isEdge = builder.constant(edges(config), [1, cells]);
  const leaves_RP = p.mul(p.mul(isEdge, stood_RP), p.sub(1, p.min(weight_RP, 1)));
  const enters_RP = p.mul(p.mul(isEdge, isAlone_RP), share_RP);
  const leave_R1 = sum(leaves_RP, 1, { keepDimensions: true });
  const enter_R1 = sum(enters_RP, 1, { keepDimensions: true });
  const exchanged_R1 = p.min(leave_R1, enter_R1);
  const lasts_R1 = builder.constant(
    Float32Array.from({ length: rows }, (_, row) => +(config.lasting?.includes(row % kinds) ?? false)),
    [rows, 1],
  );
  const within_RP = p.max(sharpened(weight_RP), p.mul(lasts_R1, p.toF32(p.greater(weight_RP, leastLasting))));
  const ofThem = (x_RP: Tensor, all_R1: Tensor): Tensor =>
    p.mul(x_RP, p.div(exchanged_R1, p.max(all_R1, tiny)));
  const stays_RP = p.add(
    p.mul(p.sub(1, isEdge), within_RP),
    p.mul(isEdge, p.sub(1, ofThem(leaves_RP, leave_R1))),
  );
  const isUnseen_RP = forKinds(p.toF32(p.equal(hint_BP, 0)));
  const mayCome_RP = p.mul(isAlone_RP, p.max(p.sub(1, lasts_R1), p.max(isUnseen_RP, isEdge)));
  const comes_RP = p.max(p.mul(mayCome_RP, sharesOf(likely_BPK)), ofThem(enters_RP, enter_R1));
  const odds_RP = p.add(p.mul(stood_RP, stays_RP), comes_RP);
  const uniform_RP = forKinds(uniforms_BP);
  const isThere_RP = p.toF32(p.less(uniform_RP, odds_RP));
  const target_RP = p.mul(p.min(p.div(uniform_RP, p.max(odds_RP, tiny)), belowOne), weight_RP);
  const isPast_RPN = p.toF32(p.greater(p.sub(until_RPN, weights_RPN), each(target_RP)));
  const taken_RPN = p.mul(
    p.mul(p.sub(1, isPast_RPN), p.toF32(p.greater(until_RPN, each(target_RP)))),
    each(p.mul(isThere_RP, stood_RP)),
  );
  const came_RP = p.mul(isAlone_RP, isThere_RP);
  const back = builder.constant(tables.back, [cells * placeCount, cells]);
  const is_RP = p.min(p.add(matmul(reshape(taken_RPN, [rows, cells * placeCount]), back), came_RP), 1);
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

/** Whether there are things that neither come nor go within the view, but through its edges alone. */
export const lastsInView = (config: PatchesConfig): config is WithMovers =>
  hasMovers(config) && (config.lasting ?? []).length > 0;

/** (P): 1 where a thing in the view has a place outside it. */
export function edges(config: WithMovers): Float32Array {
  const { rows, columns } = frameCells(config);
  const view = wholeView(config);
  return Float32Array.from({ length: rows * columns }, (_, cell) => {
    const [row, column] = [Math.floor(cell / columns), cell % columns];
    return +(isWithin(view, row, column) && !isInside(view, row, column));
  });
}

/** Tables of zeros and ones: what a matmul with them gives is at the places of cells, or comes from there. */
function placeTables(config: WithMovers) {
  const { rows, columns } = frameCells(config);
  const cells = rows * columns;
  const view = wholeView(config);
  const width = cells * placeCount;
  /** (P, P·N): from a cell to the things of which it is the place where they were; to those beside it. */
  const [own, steps] = [new Float32Array(cells * width), new Float32Array(cells * width)];
  /** (P·N, P): from the places of things to cells. */
  const back = new Float32Array(width * cells);
  /** (P, P) */
  const beside = new Float32Array(cells * cells);
  for (let thing = 0; thing < cells; thing++) {
    places.forEach(([down, right], place) => {
      const [row, column] = [Math.floor(thing / columns) + down, (thing % columns) + right];
      if (!isWithin(view, row, column)) return;
      const cell = row * columns + column;
      const at = thing * placeCount + place;
      (place === 0 ? own : steps)[cell * width + at] = 1;
      back[at * cells + cell] = 1;
      if (place > 0) beside[thing * cells + cell] = 1;
    });
  }
  return { own, steps, back, beside };
}
