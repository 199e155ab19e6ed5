import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';

/** One recording without cuts. */
export interface RecordedClip {
  readonly name: string;
  readonly frames: number;
  /** Whether a key log tells its actions. */
  readonly hasActions: boolean;
}

/** An action, as an index into its names; `undefined` where nobody wrote down what was done. */
export type Label = number | undefined;

/** The true state of a game, as a recorder wrote it down: numbers with names. */
export interface RecordedStates {
  readonly names: readonly string[];
  /** (T, names) of all frames of a clip, row by row. */
  of(clip: number): ArrayLike<number>;
}

/** What a frame shows, in words. */
export interface RecordedCaption {
  readonly frame: number;
  readonly sentence?: string | undefined;
  /** Things in view by name: how many, and where they are from the middle of the picture; '' where nothing is said of it. */
  readonly things?: Readonly<Record<string, readonly [count: number, direction: string]>> | undefined;
}

/** Something that a game was told while it was played. */
export interface RecordedEvent {
  /** It shows in the frame after this one. */
  readonly frame: number;
  readonly sentence: string;
}

/** B windows of T successive frames. */
export interface RecordedWindows {
  /** (B, T, H, W, 3) RGB bytes. */
  readonly frames: Uint8Array;
  /** (B): which clip each window is from, and its first frame there. */
  readonly clips: Int32Array;
  readonly starts: Int32Array;
}

/** Recordings that worlds are measured on; `openRecordings` of the training package opens them. */
export interface Recordings {
  readonly width: number;
  readonly height: number;
  /** Names of the actions of all clips together; empty where no clip has a key log. */
  readonly actionNames: readonly string[];
  readonly clips: readonly RecordedClip[];
  readonly totalFrames: number;
  /** Absent where not every key log has one, with the same names. */
  readonly states?: RecordedStates | undefined;
  /** Captions of frames, by clip; empty of clips without any. */
  captions?(): Promise<readonly (readonly RecordedCaption[])[]>;
  /** What the game was told, by clip; empty of clips in which it was told nothing. */
  events?(): Promise<readonly (readonly RecordedEvent[])[]>;
  /** (count, H, W, 3) RGB bytes of successive frames of a clip. */
  frames(clip: number, start: number, count: number): Uint8Array;
  /** (count) actions held from each frame to the next. */
  actions(clip: number, start: number, count: number): readonly Label[];
  /** Some of the clips as recordings of their own, by their indices in `clips`. */
  subset(clips: readonly number[]): Recordings;
  /** Samples windows of `length` frames, each with the same chance. */
  sampleWindows(random: JumpableRandomGenerator, batch: number, length: number): RecordedWindows;
}
