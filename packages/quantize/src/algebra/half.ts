import { floatToHalf, halfToFloat } from '@snowglobe/model';

/** The nearest number that 16-bit floats hold, ties to even: what a world file keeps of a scale. */
export const roundToHalf = (value: number): number => halfToFloat(floatToHalf(value));
