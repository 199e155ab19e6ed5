import { SnowglobeError } from '@snowglobe/graph';
import type {
  Label,
  RecordedCaption,
  RecordedClip,
  RecordedEvent,
  RecordedStates,
  RecordedWindows,
} from '@snowglobe/model';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { captionsOfFrames, eventsOfFrames, type CaptionLog } from './captions.js';
import { DATA_START, type ClipIndex } from './clip_file.js';
import { UNKNOWN_ACTION } from './key_log.js';

/**
 * Decoded recordings on disk. Windows are read when they are asked for; what is read often stays in the memory that the
 * operating system has to spare, so that hours of video need none of the process's own.
 */
export class ClipDataset {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Names of the actions of all clips together; empty where no clip has a key log. */
  readonly actionNames: readonly string[];
  readonly clips: readonly RecordedClip[];
  readonly totalFrames: number;
  readonly states: RecordedStates | undefined;
  private starts: { readonly length: number; readonly total: number; readonly before: number[] } | undefined;

  /** @param members which clips of the file belong to this set, in order */
  private constructor(
    private readonly file: { readonly descriptor: number; isOpen: boolean },
    private readonly index: ClipIndex,
    private readonly firstFrames: readonly number[],
    private readonly members: readonly number[],
    private readonly logs: () => Promise<readonly CaptionLog[]>,
  ) {
    this.width = index.width;
    this.height = index.height;
    this.fps = index.fps;
    this.actionNames = index.actionNames;
    this.clips = members.map((member) => {
      const { name, frames, actions } = index.clips[member]!;
      return { name, frames, hasActions: actions !== null };
    });
    this.totalFrames = this.clips.reduce((sum, clip) => sum + clip.frames, 0);
    const { stateNames: names } = index;
    this.states =
      names.length > 0 ? { names, of: (clip) => index.clips[this.memberOf(clip)]!.states! } : undefined;
  }

  /**
   * @param index as `readClipIndex` has read and checked it
   * @param captions reads those of all clips; called once, when they are asked for
   */
  static open(path: string, index: ClipIndex, captions: () => Promise<readonly CaptionLog[]>): ClipDataset {
    const firstFrames: number[] = [];
    let first = 0;
    for (const clip of index.clips) {
      firstFrames.push(first);
      first += clip.frames;
    }
    const file = { descriptor: openSync(path, 'r'), isOpen: true };
    let read: Promise<readonly CaptionLog[]> | undefined;
    const once = (): Promise<readonly CaptionLog[]> => (read ??= captions());
    return new ClipDataset(file, index, firstFrames, [...index.clips.keys()], once);
  }

  /**
   * Some of the clips as a set of their own, to hold others out. It shares the file: closing one closes both.
   * @param clips indices into `clips`
   */
  subset(clips: readonly number[]): ClipDataset {
    const members = clips.map((clip) => this.memberOf(clip));
    return new ClipDataset(this.file, this.index, this.firstFrames, members, this.logs);
  }

  /**
   * One text for what is in the recordings, whatever they are called: every frame, and with `labels` every action as well.
   * Other contents give another one.
   */
  contentHash({ labels = false } = {}): string {
    const hash = createHash('sha256').update(JSON.stringify([this.width, this.height]));
    if (labels) hash.update(JSON.stringify(this.actionNames));
    for (const member of this.members) {
      const { frames, crc32, actions } = this.index.clips[member]!;
      hash.update(JSON.stringify([frames, crc32, ...(labels ? [actions] : [])]));
    }
    return hash.digest('hex');
  }

  /** (count, H, W, 3) RGB bytes of successive frames of a clip. */
  frames(clip: number, start: number, count: number): Uint8Array {
    const out = new Uint8Array(count * this.frameBytes);
    this.readInto(out, clip, start, count);
    return out;
  }

  /** (count) actions held from each frame to the next; `undefined` where nobody knows. */
  actions(clip: number, start: number, count: number): readonly Label[] {
    this.checkRange(clip, start, count);
    const actions = this.index.clips[this.memberOf(clip)]!.actions;
    return Array.from({ length: count }, (_, t): Label => {
      const action = actions?.[start + t];
      return action === UNKNOWN_ACTION ? undefined : action;
    });
  }

  /** What frames show, in words, by clip. @throws SnowglobeError for files with captions that are damaged */
  async captions(): Promise<readonly (readonly RecordedCaption[])[]> {
    const logs = await this.logs();
    return this.members.map((member) => captionsOfFrames(logs[member]!, this.index.clips[member]!.frames));
  }

  /** What the game was told, by clip. @throws SnowglobeError for files with events that are damaged */
  async events(): Promise<readonly (readonly RecordedEvent[])[]> {
    const logs = await this.logs();
    return this.members.map((member) => eventsOfFrames(logs[member]!, this.index.clips[member]!.frames));
  }

  /** How many different windows of `length` frames there are; none reaches from one clip into another. */
  windowCount(length: number): number {
    return this.windowStarts(length).total;
  }

  /**
   * Samples windows, each with the same chance.
   *
   * @param random generator that the samples come from
   * @param batch B, windows
   * @param length T, frames of each
   * @throws SnowglobeError where every clip is shorter than `length`
   */
  sampleWindows(random: RandomGenerator, batch: number, length: number): RecordedWindows {
    const { total, before } = this.windowStarts(length);
    if (total === 0) {
      const longest = this.clips.reduce((most, clip) => Math.max(most, clip.frames), 0);
      throw new SnowglobeError(
        `windows of ${length} frames do not fit: the longest of ${this.clips.length} clips has ${longest}; ` +
          'use shorter windows or longer recordings',
      );
    }
    const windowBytes = length * this.frameBytes;
    const windows = {
      frames: new Uint8Array(batch * windowBytes),
      clips: new Int32Array(batch),
      starts: new Int32Array(batch),
    };
    for (let b = 0; b < batch; b++) {
      const at = uniformInt(random, 0, total - 1);
      const clip = lastAtMost(before, at);
      const start = at - before[clip]!;
      windows.clips[b] = clip;
      windows.starts[b] = start;
      this.readInto(windows.frames.subarray(b * windowBytes, (b + 1) * windowBytes), clip, start, length);
    }
    return windows;
  }

  /** Frees the file. Nothing can be read any more, from subsets neither. */
  close(): void {
    if (!this.file.isOpen) return;
    this.file.isOpen = false;
    closeSync(this.file.descriptor);
  }

  private get frameBytes(): number {
    return this.width * this.height * 3;
  }

  /** Windows in all, and before each clip's first; kept, because training asks for the same length again and again. */
  private windowStarts(length: number): { readonly total: number; readonly before: number[] } {
    if (!Number.isInteger(length) || length < 1) {
      throw new SnowglobeError(`a window must have at least one frame, in integers; got ${length}`);
    }
    if (this.starts?.length !== length) {
      const before: number[] = [];
      let total = 0;
      for (const clip of this.clips) {
        before.push(total);
        total += Math.max(0, clip.frames - length + 1);
      }
      this.starts = { length, total, before };
    }
    return this.starts;
  }

  private readInto(out: Uint8Array, clip: number, start: number, count: number): void {
    this.checkRange(clip, start, count);
    if (!this.file.isOpen) throw new Error('the dataset has been closed');
    const first = this.firstFrames[this.memberOf(clip)]! + start;
    const position = DATA_START + first * this.frameBytes;
    for (let got = 0; got < out.length;) {
      const bytes = readSync(this.file.descriptor, out, got, out.length - got, position + got);
      if (bytes === 0) {
        throw new SnowglobeError(
          'the file of decoded recordings has become shorter since it was opened; start again to decode them anew',
        );
      }
      got += bytes;
    }
  }

  private checkRange(clip: number, start: number, count: number): void {
    const { name, frames } = this.clips[clip] ?? { name: `${clip}`, frames: 0 };
    if (!(start >= 0) || !(count >= 0) || start + count > frames) {
      throw new RangeError(`clip ${name} has ${frames} frames; ${count} from ${start} on are not among them`);
    }
  }

  private memberOf(clip: number): number {
    const member = this.members[clip];
    if (member === undefined)
      throw new RangeError(`there are ${this.members.length} clips; ${clip} is not one of them`);
    return member;
  }
}

/** Index of the last element that is at most `value`; `sorted` ascends and starts at most at `value`. */
function lastAtMost(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (sorted[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
