import type { Graph } from '@snowglobe/graph';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import type { FrameOptions } from './frame.js';

/** Numbers of successive frames by name, equally many a frame: (T, …) each. */
export type Series = ReadonlyMap<string, Float32Array | Int32Array>;

/** A prediction of a part. */
export interface PartOutput {
  readonly name: string;
  /** Logits of a choice in rows (…, V), or pixels. */
  readonly kind: 'choice' | 'pixels';
  /** Of choices some of which are given: the series that has 1 for each such row; those are not counted. */
  readonly given?: string;
}

/**
 * Something that a world predicts, as a graph, so that what quantization changes can be measured part by part: from the same
 * inputs, nothing that one step got wrong reaches the next.
 */
export interface PredictedPart {
  readonly name: string;
  /** Its inputs are series of a window. */
  readonly graph: Graph;
  readonly outputs: readonly PartOutput[];
  /** How much its divergence counts beside that of the others. */
  readonly weight: number;
}

/** What quantization is measured and calibrated by. Shapes: W windows in a run, T frames of each. */
export interface FamilyQuantization {
  /** Frames of a window: T. */
  readonly windowFrames: number;
  /** Name of the part whose divergence stands for the world's. */
  readonly main: string;
  /** Name of the part whose pixels are compared with the frames themselves, for the scale of errors; none by default. */
  readonly reconstructs?: string;
  /**
   * Over W windows.
   * @param options how the world remembers
   */
  parts(windows: number, options?: Pick<FrameOptions, 'kvCache'>): readonly PredictedPart[];
  /** Graphs over W windows whose layers frames do not use, and which are calibrated on the frames that were played. */
  calibrated(windows: number): readonly Graph[];
  /** Graphs whose layers are quantized, but not calibrated. */
  uncalibrated(): readonly Graph[];
  /**
   * What is kept of each step of play beside the frame before it (`before`) and after it (`after`) and what was done (`action`), by
   * the name of its series: outputs of the frame's graph, and variables of its state before the step.
   */
  readonly recorded: {
    readonly outputs: Readonly<Record<string, string>>;
    readonly state: Readonly<Record<string, string>>;
  };
  /** Series that follow from those of a window (T frames), such as masks. */
  derive(window: Series, random: JumpableRandomGenerator): Series;
}
