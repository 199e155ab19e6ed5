import type { VariableStore } from '@snowglobe/graph';
import type { Recordings } from '../../recordings.js';
import type { LatentActionConfig } from '../config.js';
import { latentDimensions } from '../config.js';
import { nearestCode } from '../kmeans.js';
import { encodeActions } from '../latent_actions.js';
import type { LabelOptions } from './evidence.js';
import { readEvidence } from './evidence.js';
import type { MotionTable } from './motion_table.js';

/** Scope of what reads latent actions off recordings. */
export const latentActionScope = 'latentActions';

/** Where the normalisation of codes and the codebook are kept among the weights. */
export const latentActionVariables = {
  mean: `${latentActionScope}/mean`,
  scale: `${latentActionScope}/scale`,
  codebook: `${latentActionScope}/codebook`,
} as const;

/**
 * Continuous codes of every frame but the last of every clip, before normalisation: (frames − 1, Z) a clip. Row t says
 * what happened from t to t + 1.
 */
export async function encodeClips(
  data: Recordings,
  motion: MotionTable,
  config: LatentActionConfig,
  options: LabelOptions,
): Promise<Float32Array[]> {
  return readEvidence(data, motion, config, {
    ...options,
    width: latentDimensions,
    read: (evidence) =>
      evidence.nextFocus_BFF3.builder.scope(latentActionScope, () => encodeActions(evidence, config)),
  });
}

/** The code of every frame but the last of every clip. */
export async function assignCodes(
  clips: readonly Float32Array[],
  store: VariableStore,
): Promise<Uint8Array[]> {
  const read = async (name: string): Promise<Float32Array> => (await store.read(name)) as Float32Array;
  const [mean, scale, codebook] = await Promise.all(Object.values(latentActionVariables).map(read));
  const point = new Float32Array(latentDimensions);
  return clips.map((codes) =>
    Uint8Array.from({ length: codes.length / latentDimensions }, (_, i) => {
      for (let d = 0; d < latentDimensions; d++) {
        point[d] = (codes[i * latentDimensions + d]! - mean![d]!) * scale![d]!;
      }
      return nearestCode(point, 0, codebook!, latentDimensions);
    }),
  );
}
