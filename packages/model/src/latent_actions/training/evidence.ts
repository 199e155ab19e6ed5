import type { Executor, GraphBuilder, Tensor, VariableStore } from '@snowglobe/graph';
import { GraphBuilder as Builder } from '@snowglobe/graph';
import { pixelsOf } from '../../pixels.js';
import type { Recordings } from '../../recordings.js';
import type { LatentActionConfig } from '../config.js';
import { evidencePairs } from '../config.js';
import type { ActionEvidence } from '../latent_actions.js';
import type { MotionTable } from './motion_table.js';

/** The square in the centre of frame `index` of `frames` (…, H, W, 3) bytes, as pixels. */
export function focusPixels(
  data: Recordings,
  focus: number,
  frames: Uint8Array,
  index: number,
): Float32Array {
  const [top, left] = [Math.floor((data.height - focus) / 2), Math.floor((data.width - focus) / 2)];
  const out = new Uint8Array(focus * focus * 3);
  for (let y = 0; y < focus; y++) {
    const start = ((index * data.height + top + y) * data.width + left) * 3;
    out.set(frames.subarray(start, start + focus * 3), y * focus * 3);
  }
  return pixelsOf(out);
}

/** Declares the evidence of `count` windows as inputs. */
export function evidenceInputs(
  builder: GraphBuilder,
  config: LatentActionConfig,
  count: number,
): ActionEvidence {
  const { range, focus } = config;
  return {
    motion_BPYX: builder.input('motion', [count, evidencePairs(config), 2 * range.y + 1, 2 * range.x + 1]),
    nextFocus_BFF3: builder.input('nextFocus', [count, focus, focus, 3]),
  };
}

export interface LabelOptions {
  readonly executor: Executor;
  readonly store: VariableStore;
}

/** Frames of one run. */
const count = 256;

/**
 * Runs something that reads the evidence of an action over all clips: (frames − 1, width) values a clip. Row t is about
 * what happened from t to t + 1.
 */
export async function readEvidence(
  data: Recordings,
  motion: MotionTable,
  config: LatentActionConfig,
  {
    executor,
    store,
    width,
    read,
  }: LabelOptions & { readonly width: number; readonly read: (evidence: ActionEvidence) => Tensor },
): Promise<Float32Array[]> {
  const pairs = evidencePairs(config);
  const focusSize = config.focus ** 2 * 3;
  const builder = new Builder();
  builder.output('read', read(evidenceInputs(builder, config, count)));
  const program = await executor.compile(builder.build(), { store, freeze: true });
  const result: Float32Array[] = [];
  for (const [clip, { frames }] of data.clips.entries()) {
    const values = new Float32Array((frames - 1) * width);
    for (let first = 0; first < frames - 1; first += count) {
      const here = Math.min(count, frames - 1 - first);
      const bytes = data.frames(clip, first, here + 1);
      const inputs = {
        motion: new Float32Array(count * pairs * motion.size),
        nextFocus: new Float32Array(count * focusSize),
      };
      for (let i = 0; i < here; i++) {
        for (let pair = 0; pair < pairs; pair++) {
          inputs.motion.set(motion.evidence(clip, first + i - 1 + pair), (i * pairs + pair) * motion.size);
        }
        inputs.nextFocus.set(focusPixels(data, config.focus, bytes, i + 1), i * focusSize);
      }
      const run = await program.run(inputs);
      values.set((run['read'] as Float32Array).subarray(0, here * width), first * width);
    }
    result.push(values);
  }
  await program.close();
  return result;
}
