import { captionOf, type Caption, type Sighting } from '../caption.js';
import { CHEST, DOOR, GATE, KEY, OPEN_CHEST, STAIR, TORCH, cellNames, isWall } from './cells.js';
import { seenCell } from './render.js';
import type { DungeonState } from './state.js';
import { candidates, type Candidate } from './view.js';

/** What is worth a word; walls are everywhere. */
const named: ReadonlySet<number> = new Set([TORCH, DOOR, GATE, CHEST, OPEN_CHEST, STAIR, KEY]);

/** What can be seen from where the player stands. */
export function describeState(state: DungeonState): Caption {
  const seen = new Map<string, Sighting>();
  for (const candidate of visible(state)) {
    const cell = seenCell(state, candidate);
    if (!named.has(cell)) continue;
    // A torch is drawn on the wall that faces the player.
    if (cell === TORCH && candidate.part !== 'decal') continue;
    const { ahead, right } = candidate;
    seen.set(`${ahead} ${right}`, {
      name: cellNames[cell]!,
      direction: right === 0 ? 'ahead' : right < 0 ? 'left' : 'right',
      distance: ahead + Math.abs(right),
    });
  }
  return captionOf(`a ${state.theme}`, [...seen.values()]);
}

/** What pixels show, one candidate for each part of a cell. */
function visible(state: DungeonState): Iterable<Candidate> {
  const found = new Map<string, Candidate>();
  for (const options of candidates) {
    for (const candidate of options) {
      const cell = seenCell(state, candidate);
      const isShown = candidate.sprite
        ? named.has(cell) && (candidate.part === 'decal') === (cell === TORCH) && !isDoor(cell)
        : isWall(cell);
      if (!isShown) continue;
      found.set(`${candidate.ahead} ${candidate.right} ${candidate.part}`, candidate);
      // What stands in a cell leaves most of what is behind it to be seen.
      if (!candidate.sprite) break;
    }
  }
  return found.values();
}

const isDoor = (cell: number): boolean => cell === DOOR || cell === GATE;
