import type { Frame } from '@snowglobe/runtime/browser';

/** The colour that a picture throws on its surroundings. */
export function averageColour({ rgba }: Frame): string {
  const sum = [0, 0, 0];
  for (let i = 0; i < rgba.length; i += 4) for (let c = 0; c < 3; c++) sum[c]! += rgba[i + c]!;
  return `rgb(${sum.map((each) => Math.round(each / (rgba.length / 4))).join(' ')})`;
}
