import { generatorFor } from '@snowglobe/model';

/** Numbers from -1 to 1, the same ones for the same label. */
export function uniform(count: number, label: string): Float32Array {
  const generator = generatorFor(1, label);
  return Float32Array.from({ length: count }, () => generator.next() / 2 ** 31);
}

/** Random words of 32 bits. */
export function words(count: number, label: string): Uint32Array {
  const generator = generatorFor(1, label);
  return Uint32Array.from({ length: count }, () => generator.next() >>> 0);
}
