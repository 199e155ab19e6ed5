/** What stands in a world's place: the best and the worst that a measure can see. */
import type { Recordings } from '@snowglobe/model';
import { generatorFor } from '@snowglobe/model';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { Walker } from './walker.js';

const batch = 16;

/** The recordings themselves: each walk shows what was recorded after its start, and its last frame when that ends. */
export function recordedWalker(data: Recordings): Walker {
  return walkerOf(data, ({ clip, frame }) => {
    const last = data.clips[clip]!.frames - 1;
    return (t) => data.frames(clip, Math.min(frame + t + 1, last), 1);
  });
}

/** A world that shows its prompt for ever. */
export function frozenWalker(data: Recordings): Walker {
  return walkerOf(data, ({ clip, frame }) => {
    const prompt = data.frames(clip, frame, 1);
    return () => prompt;
  });
}

/** Frames of the recordings in no order: each of them looks right, and nothing follows from anything. */
export function shuffledWalker(data: Recordings): Walker {
  return walkerOf(data, (_, seed) => {
    const random = generatorFor(seed, 'shuffled frames');
    return () => {
      const clip = uniformInt(random, 0, data.clips.length - 1);
      return data.frames(clip, uniformInt(random, 0, data.clips[clip]!.frames - 1), 1);
    };
  });
}

function walkerOf(
  data: Recordings,
  frameOf: (
    start: { readonly clip: number; readonly frame: number },
    seed: number,
  ) => (t: number) => Uint8Array,
): Walker {
  return {
    ...{ width: data.width, height: data.height, batch },
    async walk({ starts, length, seeds, actions }, onFrames) {
      const walks = starts.map((start, b) => frameOf(start, seeds[b] ?? 0));
      for (let t = 0; t < length; t++) {
        actions(t);
        await onFrames(
          t,
          walks.map((frame) => frame(t)),
        );
      }
    },
    close: () => Promise.resolve(),
  };
}
