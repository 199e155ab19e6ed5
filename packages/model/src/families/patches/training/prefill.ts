import type { Graph } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import type { FrameOptions } from '../../../family/frame.js';
import type { PatchesConfig } from '../config/config.js';
import { finishFrame, lastCodes, playState } from '../play/state.js';
import { encodePatches, patchPictures } from '../tokenizer/patches.js';

/**
 * A frame that is recorded instead of sampled (prefill): the same state as `buildFrame`, with the same variables, goes on by the nearest
 * patches of a frame of a recording.
 *
 * Shapes: as in `buildFrame`. Inputs: `watched` (B, H, W, 3) in −1 … 1, the next frame; `motion` i32 (B), how the view moved.
 * Outputs: `frame` (B, H, W, 3); `codes` i32 (B, P).
 */
export function buildPrefill(config: PatchesConfig, { batch = 1 }: FrameOptions = {}): Graph {
  const builder = new GraphBuilder();
  const watched = builder.input('watched', [batch, config.height, config.width, 3]);
  const motion_B = builder.input('motion', [batch], 'i32');
  const state = playState(builder, config, batch);
  const pictures = patchPictures(builder, config);
  const moved = state.recollect(lastCodes(state, pictures, config)).move(motion_B);
  const codes_BP = encodePatches(watched, pictures, config);
  finishFrame(state, codes_BP, moved, pictures, config);
  builder.output('codes', codes_BP);
  return builder.build();
}
