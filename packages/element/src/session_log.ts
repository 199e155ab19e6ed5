import type { Frame, PromptImage, SessionSampling, ToldSentence } from '@snowglobe/runtime/browser';

/** Frames kept for winding back and for recording. */
const keptFrames = 2000;

/** What a session began with, what was done in it and what it showed: enough to wind it back and to do it again. */
export class SessionLog {
  #prompt: PromptImage | undefined;
  #sampling: SessionSampling | undefined;
  #frames: Frame[] = [];
  #actions: (string | number)[] = [];
  /** What was told after each frame. */
  #told = new Map<number, string>();
  /** The first frame that the world can go back to. */
  #worldsOldest = 0;

  get prompt(): PromptImage | undefined {
    return this.#prompt;
  }

  /** What starts the session again; of one that has begun. */
  get start(): SessionSampling & { readonly prompt: PromptImage } {
    return { ...this.#sampling!, prompt: this.#prompt! };
  }

  get frames(): readonly Frame[] {
    return this.#frames;
  }

  /** Of the newest frame. */
  get index(): number {
    return this.#frames.at(-1)?.index ?? 0;
  }

  /** The first frame that both the world and the frames that are kept go back to. */
  get oldest(): number {
    return Math.max(this.#worldsOldest, this.#frames[0]?.index ?? 0);
  }

  set worldsOldest(index: number) {
    this.#worldsOldest = index;
  }

  /** A new session: nothing of the one before is kept. */
  begin(prompt: PromptImage, sampling: SessionSampling): void {
    this.#prompt = prompt;
    this.#sampling = sampling;
    this.#frames = [];
    this.#actions = [];
    this.#told.clear();
    this.#worldsOldest = 0;
  }

  /** @param action what led to the frame; none led to the first */
  add(frame: Frame, action?: string | number): void {
    if (action !== undefined) this.#actions[frame.index - 1] = action;
    if (frame.told !== undefined) this.#told.set(frame.index - 1, frame.told);
    this.#frames.push(frame);
    if (this.#frames.length > keptFrames) this.#frames.shift();
  }

  frameAt(index: number): Frame | undefined {
    return this.#frames.find((frame) => frame.index === index);
  }

  /** Forgets the frames after the one before frame `index`; what was done stays. @returns the newest frame that is left */
  windBack(index: number): Frame {
    const at = this.#frames.findLastIndex((frame) => frame.index <= index);
    const before = at > 0 && this.#frames[at - 1]!.index >= this.#worldsOldest ? at - 1 : at;
    this.#frames.length = before + 1;
    return this.#frames[before]!;
  }

  /** Forgets what comes after frame `index`. */
  shorten(index: number): void {
    const end = this.#frames.findIndex((frame) => frame.index === index);
    if (end >= 0) this.#frames.length = end + 1;
    this.#actions.length = Math.min(index, this.#actions.length);
    for (const at of this.#told.keys()) if (at >= index) this.#told.delete(at);
  }

  /** The action that leads on from frame `index`; `none` where none is known. */
  actionAfter(index: number): string | number {
    return this.#actions[index] ?? 'none';
  }

  /** What was told after frame `index`. */
  toldAfter(index: number): string | undefined {
    return this.#told.get(index);
  }

  /** What was told on the way from the prompt to frame `index`. */
  toldTo(index: number): readonly ToldSentence[] {
    return [...this.#told].filter(([at]) => at < index).sort(([a], [b]) => a - b);
  }

  /** What leads from the prompt to frame `index`. */
  actionsTo(index: number): readonly (string | number)[] {
    return this.#actions.slice(0, index);
  }
}
