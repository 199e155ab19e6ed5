import { SnowglobeError } from '@snowglobe/graph';
import { pixelsOf } from '../../../pixels.js';
import type { Recordings } from '../../../recordings.js';
import type { Survey } from '../../../family/survey.js';
import { mostPatches } from '../config/parse.js';
import type { MapConfig, PatchesConfig } from '../config/config.js';
import type { Codebook } from '../tokenizer/codebook.js';
import { PatchCounter, PatchEncoder } from '../tokenizer/codebook.js';
import type { PatchGrid } from '../tokenizer/patch_grid.js';
import { gridAt } from '../tokenizer/patch_grid.js';
import { findLatentActions } from '../latent/find_latent_actions.js';
import { labelMotions } from './label_motions.js';
import { findMotion } from './find_motion.js';
import type { FoundPoses } from './find_poses.js';
import { findSight } from './find_sight.js';
import { findPoses } from './find_poses.js';
import { findPatchGrids } from './find_grid.js';

/** What recordings decide of a world. */
export type Findings = Pick<PatchesConfig, 'codebook' | 'grid' | 'latentActions' | 'view'> &
  (Pick<MapConfig, 'motions' | 'sight'> | Pick<FoundPoses, 'poses'>);

/** Frames on which grids are compared. */
const sampleFrames = 1024;
/** Frames that are read at once. */
const chunk = 256;
/** Cells that the codebook must draw exactly for a video to be made of patches. */
const exactNeeded = 0.98;

/** Share of a sample's cells below which the whole video, whose different patches may not fit in memory, is not looked at. */
const exactOfSample = 0.5;

/** Finds grid, codebook and motions of recordings, and whether they are made of patches at all. */
export async function survey(data: Recordings): Promise<Survey<Findings>> {
  const { height, width } = data;
  const frame = { height, width };
  const rgb = sampleOf(data);
  const [found] = findPatchGrids({ height, width, rgb });
  if (!found) return { suits: false, remark: 'no grid of patches fits frames of this size' };
  const { size, top, left } = found;
  const describe = ({ codebook, exact }: MeasuredCodebook): string => {
    const share = `${(100 * exact).toFixed(exact > 0.999 ? 2 : 1)} %`;
    return `patches of ${size}x${size} pixels from (${left}, ${top}), a codebook of ${codebook.size} draws ${share} of the cells exactly`;
  };
  const counter = new PatchCounter(data, found);
  counter.add(rgb);
  const sampled = counter.codebook({ cap: mostPatches });
  if (sampled.exact < exactOfSample) return { suits: false, remark: describe(sampled) };
  const measured = measureCodebook(data, found);
  surveyed.set(data, measured.codebook);
  const { codebook, exact } = measured;
  const remark = describe(measured);
  const coded = { ...found, clips: encodeRecordings(data, codebook) };
  const suits = exact >= exactNeeded && codebook.size < mostPatches;
  const shared = { grid: { size, top, left }, codebook: codebook.size };
  // Key logs that tell a heading are of a world in first person; any other is taken to scroll over a plane, or to stand still.
  const poses = findPoses(data, coded);
  if (poses) return { suits, remark, findsActions: false, findings: { ...shared, ...poses } };
  const { view, motions } = findMotion(coded);
  const labels = labelMotions(coded, { ...frame, grid: found, view, motions });
  const latentActions = findLatentActions({
    ...coded,
    ...{ cells: found.rows * found.columns, view, motions, labels },
  });
  const actions = data.clips.flatMap(({ frames }, clip) => data.actions(clip, 0, frames - 1));
  const sight = findSight(coded, labels, actions, { ...frame, grid: found, view, motions });
  return {
    ...{ suits, remark, findsActions: latentActions !== undefined },
    findings: { ...shared, view, motions, ...(sight && { sight }), ...(latentActions && { latentActions }) },
  };
}

/** Frames of all clips, evenly spread: (F, H, W, 3). */
function sampleOf(data: Recordings): Uint8Array {
  const bytes = data.height * data.width * 3;
  const count = Math.min(sampleFrames, data.totalFrames);
  const rgb = new Uint8Array(count * bytes);
  let [clip, first] = [0, 0];
  for (let i = 0; i < count; i++) {
    const frame = Math.floor((i * data.totalFrames) / count);
    while (frame >= first + data.clips[clip]!.frames) first += data.clips[clip++]!.frames;
    rgb.set(data.frames(clip, frame - first, 1), i * bytes);
  }
  return rgb;
}

interface MeasuredCodebook {
  readonly codebook: Codebook;
  /** Share of cells that it draws exactly. */
  readonly exact: number;
}

/** The patches that recordings show, in a grid. */
export function measureCodebook(data: Recordings, grid: PatchGrid, cap = mostPatches): MeasuredCodebook {
  const counter = new PatchCounter(data, grid);
  forFrames(data, (_, rgb) => counter.add(rgb));
  return counter.codebook({ cap });
}

/** Codebooks of recordings that were surveyed: whoever then trains on them need not count all patches again. */
const surveyed = new WeakMap<Recordings, Codebook>();

/** The codebook of a config, measured in its recordings. @throws SnowglobeError for other recordings */
export function codebookOf(
  data: Recordings,
  { grid: { size, top, left }, codebook: count }: PatchesConfig,
): Codebook {
  const grid = gridAt(data, size, top, left);
  const known = surveyed.get(data);
  const isSame = known?.grid.size === size && known.grid.top === top && known.grid.left === left;
  if (isSame && known.size === count) return { ...known, grid };
  const { codebook } = measureCodebook(data, grid, count);
  if (codebook.size === count) return codebook;
  throw new SnowglobeError(
    `train: these recordings show ${codebook.size} patches, and the world has a codebook of ${count}; go on with the recordings that it began with.`,
  );
}

/** Clips as codes: (T, P) each. */
export function encodeRecordings(data: Recordings, codebook: Codebook): Int16Array[] {
  const encoder = new PatchEncoder(codebook);
  const cells = codebook.grid.rows * codebook.grid.columns;
  const clips = data.clips.map(({ frames }) => new Int16Array(frames * cells));
  const at = clips.map(() => 0);
  forFrames(data, (clip, rgb) => {
    const { codes } = encoder.encode(rgb, data);
    clips[clip]!.set(codes, at[clip]!);
    at[clip]! += codes.length;
  });
  return clips;
}

/** The picture of what is outside the grid, as recordings show it first: (H, W, 3) in −1 … 1, and 0 within the grid. */
export function backgroundOf(data: Recordings, { size, top, left, rows, columns }: PatchGrid): Float32Array {
  const picture = pixelsOf(data.frames(0, 0, 1));
  for (let y = 0; y < rows * size; y++) {
    const from = ((top + y) * data.width + left) * 3;
    picture.fill(0, from, from + columns * size * 3);
  }
  return picture;
}

function forFrames(data: Recordings, visit: (clip: number, rgb: Uint8Array) => void): void {
  data.clips.forEach(({ frames }, clip) => {
    for (let first = 0; first < frames; first += chunk) {
      visit(clip, data.frames(clip, first, Math.min(chunk, frames - first)));
    }
  });
}
