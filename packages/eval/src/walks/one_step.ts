/** One dreamed frame after frames that were recorded: what a world makes of an action where the past is true. */
import type { TensorData } from '@snowglobe/graph';
import type { Recordings, RecordingSession, WorldModel } from '@snowglobe/model';
import { isPlayState } from '@snowglobe/model/internal';
import { worldsAtOnce as batch } from '../rollouts/courses.js';
import { openPrefill } from '../rollouts/prefill.js';
import type { WalkedAction } from './walker.js';
import { bytesOf } from './walker.js';
import type { WalkedWorld } from './world_walker.js';
import { logitsOfActions } from './world_walker.js';

/** Goes along a clip from its first frame to this one, then does something. */
export interface Trial {
  readonly clip: number;
  readonly frame: number;
  readonly action: WalkedAction;
}

/** Shows the frame after each trial, (H, W, 3) RGB bytes, in any order. */
export interface OneStep {
  run(trials: readonly Trial[], onFrame: (trial: number, frame: Uint8Array) => void): Promise<void>;
  close(): Promise<void>;
}

export interface OneStepOptions extends WalkedWorld {
  readonly seed: number;
}

export async function openOneStep(
  data: Recordings,
  session: RecordingSession,
  model: WorldModel,
  { executor, store, seed, keys, temperature, confidenceThreshold, kvCache }: OneStepOptions,
): Promise<OneStep> {
  const prefill = await openPrefill(data, session, model, { executor, store, kvCache });
  const graph = model.frameGraph({ batch, kvCache });
  const program = await executor.compile(graph, { store, freeze: true });
  const state = [...graph.variables].filter(([name]) => isPlayState(name));
  const logitsOf = logitsOfActions(model, keys);
  const size = data.width * data.height * 3;

  /** The state after the last recorded frame, which a trial leaves as it was. */
  const aside = async <T>(work: () => Promise<T>): Promise<T> => {
    const kept: TensorData[] = [];
    for (const [name] of state) kept.push(await store.read(name));
    try {
      return await work();
    } finally {
      state.forEach(([name, spec], i) => store.write(name, spec, kept[i]!));
    }
  };

  return {
    async run(trials, onFrame) {
      const clips = [...new Set(trials.map(({ clip }) => clip))].sort(
        (a, b) => data.clips[b]!.frames - data.clips[a]!.frames,
      );
      for (let first = 0; first < clips.length; first += batch) {
        const group = clips.slice(first, first + batch);
        prefill.begin(group.map((clip) => ({ clip, frame: 0 })));
        const own = group.map((clip) => [...trials.keys()].filter((i) => trials[i]!.clip === clip));
        const last = Math.max(...own.flat().map((i) => trials[i]!.frame));
        for (let t = 0; t <= last; t++) {
          const here = own.map((indices) => indices.filter((i) => trials[i]!.frame === t));
          const passes = Math.max(...here.map(({ length }) => length));
          for (let pass = 0; pass < passes; pass++) {
            const logits = Array.from({ length: batch }, (_, b) => {
              const trial = here[b]?.[pass];
              return logitsOf(trial === undefined ? 0 : trials[trial]!.action);
            });
            const sampling = {
              ...{ temperature, confidenceThreshold },
              seeds: Array.from({ length: batch }, (_, b) => seed + (here[b]?.[pass] ?? 0)),
            };
            await aside(async () => {
              const { frame } = await program.run(model.frameInputs(t, logits, sampling), ['frame']);
              here.forEach((indices, b) => {
                const trial = indices[pass];
                if (trial === undefined) return;
                onFrame(trial, bytesOf((frame as Float32Array).subarray(b * size, (b + 1) * size)));
              });
            });
          }
          if (t < last) {
            // Worlds whose clip is over wait at its end.
            const places = group.map((clip) => ({ clip, frame: Math.min(t, data.clips[clip]!.frames - 2) }));
            await prefill.step(places, t);
          }
        }
      }
    },
    async close() {
      await program.close();
      await prefill.close();
    },
  };
}
