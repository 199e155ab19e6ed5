import type { StageDefinition } from '../../../../family/training.js';
import type { DeltaWorldConfig } from '../../config/config.js';
import type { EncodedChains } from '../chains.js';
import { maskedCodes } from '../masked_codes.js';

/** Learns the distribution of the next frame's codes, some of which are masked (MaskGIT, section 3.2). */
export function dynamicsStage(
  encoded: () => Promise<EncodedChains>,
  config: DeltaWorldConfig,
): StageDefinition {
  const { batches, ...masked } = maskedCodes(encoded, config);
  return {
    ...masked,
    batches: (_, random) => batches(random),
  };
}
