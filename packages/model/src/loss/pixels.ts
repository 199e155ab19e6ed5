import type { Tensor } from '@snowglobe/graph';
import { mean, pointwise, sum } from '@snowglobe/kernels';

/** Mean squared error of each picture: (B, H, W, 3) twice -> (B). Pixels run from −1 to 1. */
function meanSquaredErrors(a_BHW3: Tensor, b_BHW3: Tensor): Tensor {
  return mean(pointwise.square(pointwise.sub(a_BHW3, b_BHW3)), [1, 2, 3]);
}

/** Keeps the logarithm finite at perfect pictures: 46 dB, beyond what any tokenizer here reaches. */
const floor = 1e-4;

/**
 * Mean over pictures of log(MSE + floor): minus the mean PSNR up to a factor, so that training weighs pictures as the
 * metric does; MSE alone spends itself on the few hardest ones.
 * @param counts_B 1 for pictures that count, 0 for others; default: all count. A batch in which none does gives 0.
 */
export function logMeanSquaredError(a_BHW3: Tensor, b_BHW3: Tensor, counts_B?: Tensor): Tensor {
  const errors_B = pointwise.log(pointwise.add(meanSquaredErrors(a_BHW3, b_BHW3), floor));
  if (!counts_B) return mean(errors_B);
  return pointwise.div(sum(pointwise.mul(errors_B, counts_B)), pointwise.max(sum(counts_B), 1));
}

/** Mean PSNR in dB of pictures in −1 … 1 (peak-to-peak 2), each clipped below at 60 dB as the literature does. */
export function meanPsnr(a_BHW3: Tensor, b_BHW3: Tensor): Tensor {
  const errors = pointwise.max(pointwise.mul(meanSquaredErrors(a_BHW3, b_BHW3), 0.25), 1e-6);
  return pointwise.mul(mean(pointwise.log(errors)), -10 / Math.LN10);
}
