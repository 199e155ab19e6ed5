import type { ContentLabel } from '@snowglobe/media';
import { contentLabel } from '@snowglobe/media';
import type { Frame, LookAheadOptions, PromptImage, Replay, WorldInfo } from '@snowglobe/runtime/browser';
import manifest from '../package.json' with { type: 'json' };
import type { KeyBinding } from './key_bindings.js';
import { hasNamedKeys } from './key_bindings.js';
import type { Player } from './player.js';
import { Settings } from './settings.js';

/** What an element says of the world that it plays, and of the session. */
export abstract class Reports extends Settings {
  protected abstract get player(): Player | undefined;

  /** What is known of the world, once it is open. */
  get info(): WorldInfo | undefined {
    return this.player?.world.info;
  }
  /** On what it runs, in words. */
  get device(): string {
    return this.info?.executor.device ?? '';
  }
  /** Frames since the prompt. */
  get index(): number {
    return this.player?.index ?? 0;
  }
  /** The first frame that `goTo` and `rewind` can go back to. */
  get oldest(): number {
    return this.player?.oldest ?? 0;
  }
  /** Frames of the walk that `walk` does again; 0 when it is done, or a key has taken over. */
  get walkLength(): number {
    return this.player?.walkLength ?? 0;
  }
  /** Measured over the last second. */
  get framesPerSecond(): number {
    return this.player?.framesPerSecond ?? 0;
  }
  /** The picture that the session began with, as RGBA bytes; undefined before one has begun. */
  get promptImage(): PromptImage | undefined {
    return this.player?.promptImage;
  }
  /** What keys do in this world: directions first, then space and the others. Empty until it is open. */
  get keys(): readonly KeyBinding[] {
    return this.player?.input.bindings.all ?? [];
  }
  /** Whether the world's actions are called so that people know what they do. */
  get hasNamedKeys(): boolean {
    return hasNamedKeys(this.info?.actions ?? [], this.info?.synonyms);
  }
  /**
   * What would come if one of `info.actions`, or of the numbers below `info.codes`, were done from the newest frame on, in the world's own art; the session stays where it is.
   * @param options.frames 1 to 16, default 8
   * @param options.temperature default 0: what is likeliest
   * @throws SnowglobeError for an unknown action, and options that make no sense
   * @throws Error before a world is open
   */
  async lookAhead(action: string | number, options: LookAheadOptions = {}): Promise<readonly Frame[]> {
    if (!this.player) throw new Error('lookAhead: no world is open; set src first.');
    return this.player.world.lookAhead(action, options);
  }
  /** What `encodeReplay` needs to keep the session. @throws Error when nothing was played */
  replay(): Replay {
    if (!this.player?.promptImage) throw new Error('replay: nothing was played yet; start first.');
    return this.player.replay(this.worldName);
  }
  /**
   * What a file is to say of how it came to be that shows frames of this session, see `encodeGif`.
   * @param frames how many it shows
   * @throws Error when nothing was played
   */
  label(frames: number): ContentLabel {
    const { world, seed, prompt } = this.replay();
    return contentLabel({
      ...{ world, seed, frames, checksum: this.info?.checksum ?? '', version: manifest.version },
      ...{ producer: this.producer, promptMarks: prompt.marks },
    });
  }
}
