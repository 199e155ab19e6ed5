import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import { matmul, pointwise, reshape, transpose } from '@snowglobe/kernels';

/**
 * Shapes: B batch, H and W pixels, C channels, Y and X whole-pixel shifts in each direction (−range … range).
 *
 * Moves a whole picture by a distribution over shifts, rows and columns apart: what lies where the camera now looks is
 * `picture[y + dy, x + dx]`, and edges repeat outwards. A distribution over shifts of an axis is a banded matrix, so the
 * move is two small matmuls; it has a gradient for everything, and a certain shift copies pixels exactly.
 */
export function shiftPicture(x_BHWC: Tensor, vertical_BY: Tensor, horizontal_BX: Tensor): Tensor {
  const [batch, height, width, channels] = x_BHWC.shape as [number, number, number, number];
  const rows_BHH = shiftMatrices(vertical_BY, height);
  const columns_BWW = shiftMatrices(horizontal_BX, width);
  const moved_BHWC = reshape(
    matmul(rows_BHH, reshape(x_BHWC, [batch, height, width * channels])),
    x_BHWC.shape,
  );
  const turned_BWHC = reshape(transpose(moved_BHWC, [0, 2, 1, 3]), [batch, width, height * channels]);
  return transpose(reshape(matmul(columns_BWW, turned_BWHC), [batch, width, height, channels]), [0, 2, 1, 3]);
}

/**
 * Where a moved picture shows something that it showed before: (B, H, W, 1), 1 inside, 0 where a certain shift brought
 * in what lay beyond the edge.
 */
export function insideOf(vertical_BY: Tensor, horizontal_BX: Tensor, height: number, width: number): Tensor {
  const [batch] = vertical_BY.shape as [number];
  const axis = (weights: Tensor, length: number): Tensor =>
    matmul(weights, insideTable(weights.builder, weights.shape[1]!, length));
  const rows = reshape(axis(vertical_BY, height), [batch, height, 1, 1]);
  const columns = reshape(axis(horizontal_BX, width), [batch, 1, width, 1]);
  return pointwise.mul(rows, columns);
}

/** (S, L): 1 where the source of a position lies in the picture. */
function insideTable(builder: GraphBuilder, shifts: number, length: number): Tensor {
  const range = (shifts - 1) / 2;
  const table = Float32Array.from({ length: shifts * length }, (_, entry) => {
    const source = (entry % length) + Math.floor(entry / length) - range;
    return source >= 0 && source < length ? 1 : 0;
  });
  return builder.constant(table, [shifts, length]);
}

/** weights (B, S) over shifts −r … r -> (B, L, L): row i takes from position i + shift, clamped to the picture. */
function shiftMatrices(weights_BS: Tensor, length: number): Tensor {
  const [batch, shifts] = weights_BS.shape as [number, number];
  return reshape(matmul(weights_BS, shiftBasis(weights_BS.builder, shifts, length)), [batch, length, length]);
}

/** (S, L·L): the matrix of each certain shift. */
function shiftBasis(builder: GraphBuilder, shifts: number, length: number): Tensor {
  const range = (shifts - 1) / 2;
  const basis = new Float32Array(shifts * length * length);
  for (let s = 0; s < shifts; s++) {
    for (let i = 0; i < length; i++) {
      const source = Math.min(length - 1, Math.max(0, i + s - range));
      basis[(s * length + i) * length + source] = 1;
    }
  }
  return builder.constant(basis, [shifts, length * length]);
}
