import type { Frame } from '@snowglobe/runtime/browser';

/** Frames between two looks at the picture's colour. */
const glowEvery = 12;

/** Lets a picture throw its colour on its surroundings. */
export function castGlow(stage: HTMLElement | null, frame: Frame): void {
  if (frame.index % glowEvery === 0) stage?.style.setProperty('--glow', averageColour(frame));
}

function averageColour({ rgba }: Frame): string {
  const sum = [0, 0, 0];
  for (let i = 0; i < rgba.length; i += 4) for (let c = 0; c < 3; c++) sum[c]! += rgba[i + c]!;
  return `rgb(${sum.map((each) => Math.round(each / (rgba.length / 4))).join(' ')})`;
}
