import type { FrameConfig } from '../../../family/frame.js';
import type { CellRect } from '../../../memory/cells.js';
import type { MapGeometry, Motion } from '../../../memory/map/geometry.js';
import type { Pose, PoseGeometry } from '../../../memory/pose/geometry.js';
import { motionCount } from '../../../memory/pose/geometry.js';
import { usualClauses } from '../../../text/vocabulary.js';
import type { AdjacencyConfig } from './adjacency.js';
import type { LatentActions } from './latent_actions.js';
import type { ReadoutsConfig } from './readouts.js';

/**
 * A world whose frames are made of patches: a grid of squares, each of which shows one of K pictures that recur. What is between
 * two frames is a motion, and which patch each cell shows. What was seen is remembered in a map of a plane, or by pose.
 */
export type PatchesConfig = MapConfig | PoseConfig;

interface PatchesFrame extends FrameConfig {
  /** Pixels of a patch's side, and above and left of the first one. */
  readonly grid: { readonly size: number; readonly top: number; readonly left: number };
  /** Patches of the codebook: K. */
  readonly codebook: number;
  /** Cells that change as the view moves; the others stand still. */
  readonly view: CellRect;
  /** Actions: A. */
  readonly actions: number;
  /** How actions are read off video; absent where they are those of key logs. */
  readonly latentActions?: LatentActions | undefined;
  /** Numbers that frames tell; absent where none were found. */
  readonly readouts?: ReadoutsConfig | undefined;
  /** Which patches go together; absent where nothing was found that does not. See `sampleBeside`. */
  readonly adjacency?: AdjacencyConfig | undefined;
  readonly dynamics: { readonly width: number; readonly layers: number; readonly heads: number };
  /** Width of the head that predicts the motion. */
  readonly motionWidth: number;
  /** Steps in which a frame's patches are sampled. */
  readonly refinementSteps: number;
  /** Of worlds that draw first frames from sentences. */
  readonly words?: WordsConfig | undefined;
  /** Of worlds that can be told what happens. */
  readonly events?: EventsConfig | undefined;
}

/** What a world can be told while it is played. */
export interface EventsConfig {
  /** Sentences, one an event. */
  readonly sentences: readonly string[];
  /** Their words. */
  readonly vocabulary: readonly string[];
  /** Numbers that stand for a word. */
  readonly width: number;
}

/** What a world has learned of language. */
export interface WordsConfig {
  /** Words of captions, the most frequent first. */
  readonly vocabulary: readonly string[];
  /** Clauses of a sentence that are drawn at once; default 8. */
  readonly clauses?: number | undefined;
  /** Numbers that stand for a word. */
  readonly width: number;
}

/** A world that draws first frames from sentences. */
export type WithWords = PatchesConfig & { readonly words: WordsConfig };

/** Clauses of a sentence that are drawn at once. */
export const clausesAtOnce = ({ words }: WithWords): number => words.clauses ?? usualClauses;

export const knowsWords = (config: PatchesConfig): config is WithWords => config.words !== undefined;

/** A world in which not every patch goes beside every other. */
export type WithAdjacency = PatchesConfig & { readonly adjacency: AdjacencyConfig };

export const hasAdjacency = (config: PatchesConfig): config is WithAdjacency =>
  config.adjacency !== undefined;

/** A world that is seen from above or from the side: its view scrolls over a plane. */
export interface MapConfig extends PatchesFrame {
  /** Motions of the view in cells, down and right; the first is none. */
  readonly motions: readonly Motion[];
  /** Cells of the map that is remembered. */
  readonly map: { readonly rows: number; readonly columns: number };
  /** Cells that tell how the view will move; absent of worlds that look at the middle of the view. See `findSight`. */
  readonly sight?: readonly number[] | undefined;
  /** Patches of what moves by itself, by kinds; absent where nothing was found that does. See `placeMovers`. */
  readonly movers?: readonly (readonly number[])[] | undefined;
  /** Which of these kinds never vanish within the view, by index; absent where all may. */
  readonly lasting?: readonly number[] | undefined;
}

/** A world in first person that goes by grid steps and quarter turns. See `PoseGeometry`. */
export interface PoseConfig extends PatchesFrame {
  readonly poses: {
    /** Motions as the poses that they lead to, in the eyes of the last view; the first is none. */
    readonly motions: readonly Pose[];
    readonly leadsElsewhere: boolean;
    readonly sight: readonly number[];
    readonly reach: number;
    readonly frames: number;
    readonly recalled: number;
  };
}

/** A world in which things move by themselves. */
export type WithMovers = MapConfig & { readonly movers: readonly (readonly number[])[] };

export const hasMovers = (config: PatchesConfig): config is WithMovers =>
  !isByPose(config) && config.movers !== undefined;

export const isByPose = (config: PatchesConfig): config is PoseConfig => 'poses' in config;

/** Rows and columns of a frame's cells. */
export function frameCells({
  width,
  height,
  grid: { size, top, left },
}: Pick<PatchesConfig, 'grid' | 'height' | 'width'>): { readonly rows: number; readonly columns: number } {
  return { rows: Math.floor((height - top) / size), columns: Math.floor((width - left) / size) };
}

/** Whether the grid leaves pixels at the edges of the frame: a part of the picture that no patch draws. */
export function hasBorder(config: Pick<PatchesConfig, 'grid' | 'height' | 'width'>): boolean {
  const { rows, columns } = frameCells(config);
  const { size } = config.grid;
  return rows * size < config.height || columns * size < config.width;
}

/** Cells of a frame: P. */
export function cellCount(config: Pick<PatchesConfig, 'grid' | 'height' | 'width'>): number {
  const { rows, columns } = frameCells(config);
  return rows * columns;
}

/** Motions of the view: M. */
export const motionsOf = (config: PatchesConfig): number =>
  isByPose(config) ? motionCount(config.poses) : config.motions.length;

export const mapGeometry = (config: MapConfig): MapGeometry => ({
  frame: frameCells(config),
  view: config.view,
  motions: config.motions,
  canvas: config.map,
});

export const poseGeometry = (config: PoseConfig): PoseGeometry => ({
  frame: frameCells(config),
  view: config.view,
  ...config.poses,
});

/** The cells that change as the view moves; of a world that does not scroll, all of a frame's. */
export function wholeView(config: Pick<PatchesConfig, 'grid' | 'height' | 'view' | 'width'>): CellRect {
  const { view } = config;
  return view.rows > 0 && view.columns > 0 ? view : { top: 0, left: 0, ...frameCells(config) };
}

/** The pixels (S, S, 3) of a patch as one row. */
export const patchPixels = ({ grid: { size } }: Pick<PatchesConfig, 'grid'>): number => 3 * size * size;
