/** The least group that kernels know. */
const leastGroup = 16;

/** Groups of a divided column have at least so many weights. */
const leastPart = 32;

const powerOfTwoFrom = (value: number): number => 2 ** Math.ceil(Math.log2(Math.max(leastGroup, value)));

/**
 * One group a column: the power of two that holds all inputs. Columns that would be padded by more than an eighth are divided
 * into the largest groups that fill them: nine taps of 64 channels are nine groups of 64.
 */
export function perChannel(inputs: number): number {
  const whole = powerOfTwoFrom(inputs);
  if (whole <= inputs * 1.125) return whole;
  let group = whole;
  while (group > leastPart && inputs % group !== 0) group /= 2;
  return inputs % group === 0 ? group : whole;
}

/** A group's size in a matrix of `inputs`: a group that is larger than the matrix is deep covers all of it, a scale a column. */
export const groupFor = (group: number, inputs: number): number => Math.min(group, powerOfTwoFrom(inputs));
