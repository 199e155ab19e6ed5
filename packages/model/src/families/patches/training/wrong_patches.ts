import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import { freshness } from '../../../memory/cells.js';
import { mapTables } from '../../../memory/map/geometry.js';
import type { MapConfig, PatchesConfig } from '../config/config.js';
import { cellCount, isByPose, mapGeometry } from '../config/config.js';
import type { ContextInputs } from './context_inputs.js';
import type { Transitions } from './transitions.js';
import { someCode } from './transitions.js';

/** Largest share of wrong patches in the frame that the world goes on from. */
const mostWrong = 0.04;

const tablesOf = new WeakMap<PatchesConfig, Int32Array>();

/** The cell of the last frame that the hint of a cell is, by motion (see `MapTables`); others are remembered ones. */
function hintSources(config: MapConfig): Int32Array {
  let sources = tablesOf.get(config);
  if (!sources) tablesOf.set(config, (sources = mapTables(mapGeometry(config)).hint));
  return sources;
}

/**
 * Puts wrong patches into a row of the inputs: into the frame that the world goes on from, and into what is remembered, so that it learns to mend what it did wrong
 * itself.
 */
export function putWrongPatches(
  inputs: ContextInputs,
  row: number,
  transitions: Transitions,
  n: number,
  config: PatchesConfig,
  random: JumpableRandomGenerator,
): void {
  const cells = cellCount(config);
  const rate = mostWrong * uniformFloat64(random);
  const motion = transitions.labels.motions[n]!;
  const sources = isByPose(config) ? undefined : hintSources(config);
  const sourceOf = (cell: number): number =>
    sources?.[motion * cells + cell] ??
    (inputs.freshness[row * cells + cell] === freshness.last ? cell : cells);
  const wrong = new Map<number, number>();
  for (let cell = 0; cell < cells; cell++) {
    if (uniformFloat64(random) < rate) wrong.set(cell, someCode(transitions, random) + 1);
  }
  for (const [cell, code] of wrong) inputs.last[row * cells + cell] = code;
  for (let cell = 0; cell < cells; cell++) {
    const source = sourceOf(cell);
    const code = wrong.get(source);
    if (code !== undefined && source < cells) inputs.hint[row * cells + cell] = code;
    else if (source >= cells && inputs.hint[row * cells + cell] !== 0 && uniformFloat64(random) < rate) {
      inputs.hint[row * cells + cell] = someCode(transitions, random) + 1;
    }
  }
  const { recalled } = inputs;
  if (!recalled) return;
  const size = recalled.length / inputs.motion.length;
  for (let i = row * size; i < (row + 1) * size; i++) {
    if (recalled[i] !== 0 && uniformFloat64(random) < rate) recalled[i] = someCode(transitions, random) + 1;
  }
}
