import type { PromptImage, WorldInfo } from '@snowglobe/runtime/browser';
import type { Prompt } from './prompt_image.js';
import { readPrompt } from './prompt_image.js';
import { asFrame, isFrameOf } from './scenery.js';

/** The pictures that sessions begin with. */
export class Prompts {
  /** What the last session began with: kept as pixels, as a file may be gone and an address may answer differently. */
  #last: PromptImage | undefined;
  /** The last one that was a frame of the world: what stands still in it goes with other pictures. */
  #known: PromptImage | undefined;

  get last(): PromptImage | undefined {
    return this.#last;
  }

  /**
   * Reads a picture for a world that is being opened.
   * @returns the picture for the world, once that is known
   * @throws SnowglobeError for what is no picture
   */
  async read(picture: Prompt, opened: Promise<void> | undefined): Promise<(world: WorldInfo) => PromptImage> {
    const [image] = await Promise.all([readPrompt(picture), opened]);
    return (world) => asFrame(image, world, this.#known);
  }

  /** A session has begun. */
  began(image: PromptImage, world: WorldInfo): void {
    this.#last = image;
    if (isFrameOf(image, world)) this.#known = image;
  }

  /** Another world begins with its own prompt, not with the picture that was played in the one before. */
  forget(): void {
    this.#last = undefined;
  }

  /** Its frames are none of another world's. */
  forgetWorld(): void {
    this.#known = undefined;
  }
}
