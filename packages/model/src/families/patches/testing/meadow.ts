import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { generatorFor } from '../../../random.js';
import type { RecordedEvent, Recordings } from '../../../recordings.js';

/** Pixels of a patch, and where the first one begins: neither is a power of two, and neither is told to anybody. */
export const meadow = { size: 6, top: 2, left: 1, rows: 5, columns: 5, viewRows: 4 } as const;
const [height, width] = [
  meadow.top + meadow.rows * meadow.size + 3,
  meadow.left + meadow.columns * meadow.size,
];
const meadowActions = ['stay', 'left', 'right', 'up', 'down'] as const;
/** Shift of the view by action: down and right. */
const moves = [
  [0, 0],
  [0, -1],
  [0, 1],
  [-1, 0],
  [1, 0],
] as const;

const kinds = 9;
const [player, digits] = [kinds, kinds + 1];

/** The picture of each kind of cell, from its number: (S, S, 3). */
function pictureOf(kind: number): Uint8Array {
  const random = generatorFor(kind, 'meadow patch');
  return Uint8Array.from({ length: meadow.size ** 2 * 3 }, () => uniformInt(random, 0, 255));
}
const pictures = Array.from({ length: digits + 6 }, (_, kind) => pictureOf(kind));

/** What grows at a place of the endless plane; walls, of kind 0, stop whoever walks. */
const groundAt = (seed: number, row: number, column: number): number => {
  const mixed = Math.imul(row * 73_856_093 + seed, 19_349_663) ^ Math.imul(column, 83_492_791);
  return ((mixed >>> 8) ^ (mixed >>> 19)) % kinds;
};

/**
 * A small game for tests, made of patches and seen from above: the player, in the middle, walks over an endless plane with walls, and the
 * row below counts steps modulo 3. All that happens is certain, given the frame and the action, but what comes into view.
 * @param tells whether it is told now and then that night falls or day breaks: the row below shows which it is
 */
export function meadowRecordings(clips: number, frames: number, seed = 1, tells = false): Recordings {
  const recorded = Array.from({ length: clips }, (_, clip) => recordClip(frames, seed * 1000 + clip, tells));
  const bytes = height * width * 3;
  return {
    ...{ width, height, actionNames: meadowActions, totalFrames: clips * frames },
    clips: recorded.map((_, i) => ({ name: `clip ${i}`, frames, hasActions: true })),
    frames: (clip, start, count) => recorded[clip]!.rgb.slice(start * bytes, (start + count) * bytes),
    actions: (clip, start, count) => recorded[clip]!.actions.slice(start, start + count),
    events: () => Promise.resolve(recorded.map(({ events }) => events)),
    subset: () => {
      throw new Error('not needed');
    },
    sampleWindows: () => {
      throw new Error('not needed');
    },
  };
}

/** What the meadow can be told. */
export const meadowEvents = ['night falls', 'day breaks'] as const;

interface RecordedWalk {
  readonly rgb: Uint8Array;
  readonly actions: readonly number[];
  readonly events: readonly RecordedEvent[];
}

function recordClip(frames: number, seed: number, tells: boolean): RecordedWalk {
  const random = generatorFor(seed, 'walk');
  const chance = generatorFor(seed, 'events');
  const events: RecordedEvent[] = [];
  let isDark = false;
  const rgb = new Uint8Array(frames * height * width * 3);
  const actions: number[] = [];
  let [row, column, steps] = [0, 0, 0];
  let action = 0;
  for (let t = 0; t < frames; t++) {
    rgb.set(drawFrame(seed, row, column, steps, isDark), t * height * width * 3);
    if (uniformInt(random, 0, 2) === 0) action = uniformInt(random, 0, 4);
    actions.push(action);
    const [down, right] = moves[action]!;
    const [y, x] = [row + down, column + right];
    const isFree = groundAt(seed, y + 2, x + 2) !== 0;
    if (action !== 0 && isFree) {
      [row, column] = [y, x];
      steps++;
    }
    if (!tells || t + 1 === frames || uniformInt(chance, 0, 5) !== 0) continue;
    const sentence = meadowEvents[uniformInt(chance, 0, 1)]!;
    events.push({ frame: t, sentence });
    isDark = sentence === 'night falls';
  }
  return { rgb, actions, events };
}

function drawFrame(seed: number, row: number, column: number, steps: number, isDark: boolean): Uint8Array {
  const { size, top, left, rows, columns, viewRows } = meadow;
  const frame = new Uint8Array(height * width * 3);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const isPlayer = y === 2 && x === 2;
      const kind =
        y >= viewRows
          ? digits + (steps % 3) + (isDark ? 3 : 0)
          : isPlayer
            ? player
            : groundAt(seed, row + y, column + x);
      const picture = pictures[kind]!;
      for (let line = 0; line < size; line++) {
        const to = ((top + y * size + line) * width + left + x * size) * 3;
        frame.set(picture.subarray(line * size * 3, (line + 1) * size * 3), to);
      }
    }
  }
  return frame;
}
