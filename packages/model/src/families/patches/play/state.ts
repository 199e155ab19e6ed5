import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import { pointwise as p } from '@snowglobe/kernels';
import { playScope } from '../../../family/state.js';
import type { MapStep } from '../../../memory/map/map_step.js';
import { agesAfter, mapStep } from '../../../memory/map/map_step.js';
import { cellsOf, oldestAge } from '../../../memory/map/geometry.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount, mapGeometry } from '../config/config.js';
import type { PatchPictures } from '../tokenizer/patches.js';
import { drawPatches, encodePatches } from '../tokenizer/patches.js';

/** Shapes: B worlds, P cells, C places of the map, H and W pixels. */

/**
 * Declares what is carried from frame to frame. All of it begins with zeros, but the frame, which is the prompt: codes count from
 * 1, so that 0 is what was never seen.
 */
export function playState(builder: GraphBuilder, config: PatchesConfig, batch: number) {
  const { height, width } = config;
  const [cells, places] = [cellCount(config), cellsOf(config.map)];
  return builder.scope(playScope, () => ({
    frame: builder.variable('frame', [batch, height, width, 3]),
    codes: builder.variable('codes', [batch, cells], 'i32'),
    ages: builder.variable('ages', [batch, cells], 'i32'),
    map: places > 0 ? builder.variable('map', [batch, places], 'i32') : undefined,
  }));
}

/** Codes and ages, beyond which no table of the world reaches. */
export const stateLimits = ({ codebook, map }: PatchesConfig): Readonly<Record<string, number>> => ({
  [codesName]: codebook,
  [agesName]: oldestAge,
  ...(cellsOf(map) > 0 && { [mapName]: codebook }),
});

export const codesName = `${playScope}/codes`;
const agesName = `${playScope}/ages`;
export const mapName = `${playScope}/map`;

export type PlayVariables = ReturnType<typeof playState>;

/** Codes of the last frame, from 1: those that were drawn, or the nearest patches of the prompt. i32 (B, P). */
export function lastCodes(state: PlayVariables, pictures: PatchPictures, config: PatchesConfig): Tensor {
  const read = p.add(encodePatches(state.frame, pictures, config), 1);
  return p.select(p.equal(state.codes, 0), read, state.codes);
}

/** What the map says of the next frame. */
export function nextHint(
  state: PlayVariables,
  last_BP: Tensor,
  motion_B: Tensor,
  config: PatchesConfig,
): MapStep {
  return mapStep(
    { codes_BP: last_BP, ages_BP: state.ages, canvas_BC: state.map },
    motion_B,
    mapGeometry(config),
  );
}

/**
 * Ends the frame: it is drawn, and becomes the last one.
 * @param codes_BP of its patches, from 0
 * @returns the frame (B, H, W, 3)
 */
export function finishFrame(
  state: PlayVariables,
  codes_BP: Tensor,
  hint: MapStep,
  pictures: PatchPictures,
  config: PatchesConfig,
): void {
  const { builder } = codes_BP;
  const frame = drawPatches(codes_BP, pictures, config);
  const codes = p.add(codes_BP, 1);
  builder.assign(state.frame, frame);
  builder.assign(state.codes, codes);
  builder.assign(state.ages, agesAfter(codes, hint));
  if (state.map && hint.canvas_BC) builder.assign(state.map, hint.canvas_BC);
  builder.output('frame', frame);
}
