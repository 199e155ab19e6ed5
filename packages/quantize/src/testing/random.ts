import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Standard normal numbers (Box and Muller 1958) that depend on the seed alone. */
export function normals(count: number, seed: number): Float64Array {
  const random = xoroshiro128plus(seed + 1);
  for (let i = 0; i < 16; i++) random.next();
  return Float64Array.from({ length: count }, () => {
    const size = Math.sqrt(-2 * Math.log(1 - uniformFloat64(random)));
    return size * Math.cos(2 * Math.PI * uniformFloat64(random));
  });
}
