import type { Executor, VariableStore } from '@snowglobe/graph';
import type { KvCacheBits, Place, Recordings, RecordingSession, WorldModel } from '@snowglobe/model';
import { pixelsOf } from '@snowglobe/model/internal';
import { worldsAtOnce as worlds } from './courses.js';
import { beginAt } from './roll_out.js';

/** Lets worlds go along recordings (prefill), so that they can go on from what they saw. */
export interface Prefill {
  /** Begins at frames of recordings, as prompts. */
  begin(places: readonly Place[]): void;
  /**
   * Goes on from the frame at each place to the next one.
   * @param t frames since the prompt
   */
  step(places: readonly Place[], t: number): Promise<void>;
  /** Sees the `frames` frames that lead to each place, the first one as the prompt. */
  run(places: readonly Place[], frames: number): Promise<void>;
  close(): Promise<void>;
}

export async function openPrefill(
  data: Recordings,
  session: RecordingSession,
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
): Promise<Prefill> {
  const graph = (await model.training()).prefillGraph({ batch: worlds, kvCache });
  const program = await executor.compile(graph, { store, freeze: true });
  const size = data.height * data.width * 3;
  const begin = (places: readonly Place[]): void => {
    const prompts = new Float32Array(worlds * size);
    places.forEach(({ clip, frame }, b) => prompts.set(pixelsOf(data.frames(clip, frame, 1)), b * size));
    beginAt({ graph, store, model }, prompts);
  };
  const step = async (places: readonly Place[], t: number): Promise<void> => {
    await program.run(await session.prefillInputs(places, t, worlds), []);
  };
  return {
    begin,
    step,
    async run(places, frames) {
      begin(places.map(({ clip, frame }) => ({ clip, frame: frame - frames })));
      for (let t = 0; t < frames; t++) {
        await step(
          places.map(({ clip, frame }) => ({ clip, frame: frame - frames + t })),
          t,
        );
      }
    },
    close: () => program.close(),
  };
}
