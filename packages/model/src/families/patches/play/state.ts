import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import { pointwise as p } from '@snowglobe/kernels';
import { playScope } from '../../../family/state.js';
import { cellsOf } from '../../../memory/cells.js';
import { oldestAge } from '../../../memory/map/geometry.js';
import { poseCount } from '../../../memory/pose/geometry.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount, isByPose } from '../config/config.js';
import type { PatchPictures } from '../tokenizer/patches.js';
import { drawPatches, encodePatches } from '../tokenizer/patches.js';
import type { Moved } from './memory.js';
import { declareMemory } from './memory.js';

/** Shapes: B worlds, P cells, H and W pixels. */

/**
 * Declares what is carried from frame to frame. All of it begins with zeros, but the frame, which is the prompt: codes count from
 * 1, so that 0 is what was never seen.
 */
export function playState(builder: GraphBuilder, config: PatchesConfig, batch: number) {
  const { height, width } = config;
  return builder.scope(playScope, () => ({
    frame: builder.variable('frame', [batch, height, width, 3]),
    codes: builder.variable('codes', [batch, cellCount(config)], 'i32'),
    /** @see Recollection */
    recollect: declareMemory(builder, config, batch),
  }));
}

/** Codes, ages and poses, beyond which no table of the world reaches. */
export function stateLimits(config: PatchesConfig): Readonly<Record<string, number>> {
  const { codebook } = config;
  if (isByPose(config)) {
    const places = poseCount(config.poses) - 1;
    return { [codesName]: codebook, [placesName]: places, [framesName]: codebook };
  }
  const hasMap = cellsOf(config.map) > 0;
  return { [codesName]: codebook, [agesName]: oldestAge, ...(hasMap && { [mapName]: codebook }) };
}

export const codesName = `${playScope}/codes`;
const agesName = `${playScope}/ages`;
const placesName = `${playScope}/places`;
const framesName = `${playScope}/frames`;
export const mapName = `${playScope}/map`;

export type PlayVariables = ReturnType<typeof playState>;

/** Codes of the last frame, from 1: those that were drawn, or the nearest patches of the prompt. i32 (B, P). */
export function lastCodes(state: PlayVariables, pictures: PatchPictures, config: PatchesConfig): Tensor {
  const read = p.add(encodePatches(state.frame, pictures, config), 1);
  return p.select(p.equal(state.codes, 0), read, state.codes);
}

/**
 * Ends the frame: it is drawn, and becomes the last one.
 * @param codes_BP of its patches, from 0
 */
export function finishFrame(
  state: PlayVariables,
  codes_BP: Tensor,
  moved: Moved,
  pictures: PatchPictures,
  config: PatchesConfig,
): void {
  const { builder } = codes_BP;
  const frame = drawPatches(codes_BP, pictures, config);
  const codes = p.add(codes_BP, 1);
  builder.assign(state.frame, frame);
  builder.assign(state.codes, codes);
  moved.remember(codes);
  builder.output('frame', frame);
}
