import type { DeltaWorldConfig, KvCacheBits, WorldModel } from '@snowglobe/model';
import { momentOf, motionWidth, pixelsOf, toldWidth } from '@snowglobe/model';
import type { Executor, VariableStore } from '@snowglobe/graph';
import type { Transitions } from '../recordings/transitions.js';
import { motionOffset, toldRows } from '../recordings/transitions.js';
import { worldsAtOnce as worlds } from './courses.js';
import { beginAt } from './roll_out.js';

/** A frame of a clip. */
interface Place {
  readonly clip: number;
  readonly frame: number;
}

/** Lets worlds watch recordings, so that they can go on from what they saw; see `WorldModel.prefillGraph`. */
export async function openWatcher(
  transitions: Transitions,
  model: WorldModel,
  {
    executor,
    store,
    kvCache,
  }: {
    readonly executor: Executor;
    readonly store: VariableStore;
    readonly kvCache?: KvCacheBits | undefined;
  },
): Promise<{ watch(places: readonly Place[], frames: number): Promise<void>; close(): Promise<void> }> {
  const { data } = transitions;
  const config = model.config as DeltaWorldConfig;
  const graph = model.prefillGraph({ batch: worlds, kvCache });
  const program = await executor.compile(graph, { store, freeze: true });
  const size = data.height * data.width * 3;
  const [told, actions, moved] = [toldWidth(config), config.motion.actions, motionWidth(config.motion)];
  return {
    /** Watches the `frames` frames that lead to each place, the first one as the prompt. */
    async watch(places, frames) {
      const seen = places.map(({ clip, frame }) => ({
        pixels: pixelsOf(data.frames(clip, frame - frames, frames + 1)),
        rows: toldRows(transitions, clip, frame - frames, frames, config),
      }));
      const pictures = (t: number): Float32Array => {
        const all = new Float32Array(worlds * size);
        seen.forEach(({ pixels }, b) => all.set(pixels.subarray(t * size, (t + 1) * size), b * size));
        return all;
      };
      beginAt({ graph, store, model }, pictures(0));
      for (let t = 0; t < frames; t++) {
        const action = new Float32Array(worlds * actions);
        const motion = new Float32Array(worlds * moved);
        seen.forEach(({ rows }, b) => {
          const row = rows.subarray(t * told, (t + 1) * told);
          action.set(row.subarray(0, actions), b * actions);
          motion.set(row.subarray(motionOffset(config)), b * moved);
        });
        await program.run({ watched: pictures(t + 1), action, motion, ...momentOf(t, config.dynamics) }, []);
      }
    },
    close: () => program.close(),
  };
}
