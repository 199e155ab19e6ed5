import { SnowglobeError } from '@snowglobe/graph';

/** PSNR of identical pictures would be infinite; the literature's code clips the error, and so do we, at 60 dB. */
const smallestError = 1e-6;

/**
 * Peak signal-to-noise ratio in dB of two pictures of pixels in −1 … 1 (peak-to-peak 2), at most 60.
 * @throws SnowglobeError when their sizes differ.
 */
export function psnr(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  checkSizes('PSNR', actual, expected);
  let square = 0;
  for (let i = 0; i < expected.length; i++) square += (clamp(actual[i]!) - expected[i]!) ** 2;
  return -10 * Math.log10(Math.max(square / expected.length / 4, smallestError));
}

/** Screens cannot show less than black or more than white, so neither counts as an error. */
const clamp = (x: number): number => Math.min(1, Math.max(-1, x));

/** Window of SSIM's local statistics. */
const windowRadius = 5;
const windowSigma = 1.5;
const windowWeights = Array.from({ length: 2 * windowRadius + 1 }, (_, i) =>
  Math.exp(-((i - windowRadius) ** 2) / (2 * windowSigma ** 2)),
);
const weightSum = windowWeights.reduce((a, b) => a + b);
/** Constants of the paper for a dynamic range of 2. */
const c1 = (0.01 * 2) ** 2;
const c2 = (0.03 * 2) ** 2;

/**
 * Structural similarity (Wang et al. 2004) of two RGB pictures (height, width, 3) in −1 … 1: 11x11 Gaussian windows of
 * σ 1.5 that lie wholly inside, averaged over windows and channels.
 */
export function ssim(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { width, height }: { readonly width: number; readonly height: number },
): number {
  checkSizes('SSIM', actual, expected);
  if (width <= 2 * windowRadius || height <= 2 * windowRadius) {
    throw new SnowglobeError(
      `SSIM: a ${width}x${height} picture is smaller than its 11x11 window; use a larger one.`,
    );
  }
  let total = 0;
  for (let channel = 0; channel < 3; channel++) {
    const a = channelOf(actual, channel);
    const b = channelOf(expected, channel);
    const product = (x: Float64Array, y: Float64Array): Float64Array => x.map((value, i) => value * y[i]!);
    const [meanA, meanB, squareA, squareB, cross] = [a, b, product(a, a), product(b, b), product(a, b)].map(
      (x) => blur(x, width, height),
    ) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
    let sum = 0;
    for (let i = 0; i < meanA.length; i++) {
      const [mA, mB] = [meanA[i]!, meanB[i]!];
      const variances = squareA[i]! - mA * mA + (squareB[i]! - mB * mB);
      const covariance = cross[i]! - mA * mB;
      sum += ((2 * mA * mB + c1) * (2 * covariance + c2)) / ((mA * mA + mB * mB + c1) * (variances + c2));
    }
    total += sum / meanA.length;
  }
  return total / 3;
}

function channelOf(picture: ArrayLike<number>, channel: number): Float64Array {
  return Float64Array.from({ length: picture.length / 3 }, (_, i) => clamp(picture[3 * i + channel]!));
}

/** Gaussian mean over every window inside the picture: (height, width) -> (height − 10, width − 10). */
function blur(x: Float64Array, width: number, height: number): Float64Array {
  const innerWidth = width - 2 * windowRadius;
  const innerHeight = height - 2 * windowRadius;
  const rows = new Float64Array(height * innerWidth);
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < innerWidth; i++) {
      let sum = 0;
      for (let k = 0; k < windowWeights.length; k++) sum += windowWeights[k]! * x[y * width + i + k]!;
      rows[y * innerWidth + i] = sum / weightSum;
    }
  }
  const result = new Float64Array(innerHeight * innerWidth);
  for (let j = 0; j < innerHeight; j++) {
    for (let i = 0; i < innerWidth; i++) {
      let sum = 0;
      for (let k = 0; k < windowWeights.length; k++)
        sum += windowWeights[k]! * rows[(j + k) * innerWidth + i]!;
      result[j * innerWidth + i] = sum / weightSum;
    }
  }
  return result;
}

function checkSizes(name: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  if (actual.length !== expected.length || expected.length === 0) {
    throw new SnowglobeError(
      `${name}: pictures of ${actual.length} and ${expected.length} values cannot be compared; resize one.`,
    );
  }
}
