import type { TensorData } from '@snowglobe/graph';
import { wishesOf } from '../../../actions/choose_action.js';
import type { FrameDraw } from '../../../family/frame.js';
import { codeChance, uniformBelowOne } from '../../../masked/chance.js';
import { momentOf } from '../../../memory/moment.js';
import { generatorFor } from '../../../random.js';
import type { DeltaWorldConfig } from '../config/config.js';
import { deltaPositions } from '../config/config.js';

/** The inputs of `buildFrame` for the frame after `index` frames since the prompt; see `WorldModel.frameInputs`. */
export function frameInputs(
  { width, height, delta, dynamics, refinementSteps }: DeltaWorldConfig,
  index: number,
  wishes: readonly Float32Array[],
  { seeds, temperature, certainty }: FrameDraw,
): Record<string, TensorData> {
  const codes = deltaPositions({ width, height }) * delta.books;
  const randoms = seeds.map((seed) => generatorFor(seed, `frame ${index}`));
  const motionUniforms = Float32Array.from(
    randoms.flatMap((random) => [uniformBelowOne(random), uniformBelowOne(random)]),
  );
  return {
    wish: wishesOf(wishes),
    ...momentOf(index, dynamics),
    temperature: Float32Array.of(temperature),
    certainty: Float32Array.of(certainty),
    motionUniforms,
    ...codeChance(randoms, { temperature, steps: refinementSteps, codes }),
  };
}
