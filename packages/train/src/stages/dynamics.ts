import type { EncodedChains } from '@snowglobe/eval';
import { maskedCodes } from '@snowglobe/eval';
import type { DeltaWorldConfig } from '@snowglobe/model';
import type { StageOptions } from '../loop/stage.js';

/** Learns the distribution of the next frame's codes, some of which are masked (MaskGIT, section 3.2). */
export function dynamicsStage(
  encoded: () => Promise<EncodedChains>,
  config: DeltaWorldConfig,
): Pick<StageOptions, 'name' | 'build' | 'batches' | 'framesPerStep' | 'trains'> {
  const { batches, ...masked } = maskedCodes(encoded, config);
  return {
    ...masked,
    name: 'dynamics',
    trains: (name) => name.startsWith('dynamics/'),
    batches: (_, random) => batches(random),
  };
}
