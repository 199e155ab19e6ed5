import type { SnowGlobe } from '@snowglobe/element';
import type { Frame } from '@snowglobe/runtime/browser';
import type { PromptSource } from '@snowglobe/runtime/browser';
import { encodeReplay, encodeReplayLink } from '@snowglobe/runtime/browser';
import type { TemplateResult } from 'lit';
import { LitElement, html, nothing } from 'lit';
import { encodeGifBeside } from './gif.js';
import { Recording } from './recording.js';
import { encodeVideo, videoFormat } from './video.js';

/** More than a minute at the usual pace; 25 MB of small frames. */
const mostFrames = 1600;

/** Records what is played, and saves it: as GIF, as video, or as a replay that can be drawn again. */
export class RecordPanel extends LitElement {
  static override readonly properties = {
    globe: { attribute: false },
    ready: { type: Boolean },
    name: {},
    from: { attribute: false },
    _link: { state: true },
    _recording: { state: true },
    _isOn: { state: true },
    _count: { state: true },
    _busy: { state: true },
    _message: { state: true },
    _video: { state: true },
  };
  declare globe: SnowGlobe | null;
  /** Whether something is being played. */
  declare ready: boolean;
  declare name: string;
  /** Where the session's first frame comes from, where it need not travel with a link. */
  declare from: PromptSource | undefined;
  /** The address of the walk, once it was asked for. */
  declare protected _link: string | undefined;
  declare protected _recording: Recording | undefined;
  declare protected _isOn: boolean;
  declare protected _count: number;
  /** What is being saved, and how much of it is done. */
  declare protected _busy: { readonly what: string; readonly share: number } | undefined;
  declare protected _message: string | undefined;
  declare protected _video: 'mp4' | 'webm' | undefined;

  constructor() {
    super();
    this.globe = null;
    this.ready = false;
    this.name = 'world';
    this._isOn = false;
    this._count = 0;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** A frame was drawn. */
  add(frame: Frame): void {
    if (!this._isOn || !this._recording) return;
    this._recording.add(frame);
    // Not at every frame: nobody reads so fast.
    if (frame.index % 12 === 0) this._count = this._recording.frames.length;
    if (this._recording.isFull) this.#stop();
  }

  /** Another session begins. */
  cut(): void {
    this._recording?.cut();
  }

  #begin(): void {
    this._recording = new Recording(mostFrames);
    this._count = 0;
    this._message = undefined;
    this._isOn = true;
    videoFormat().then(
      (format) => (this._video = format),
      () => (this._video = undefined),
    );
    this.globe?.focus();
  }

  #stop(): void {
    this._isOn = false;
    this._count = this._recording?.frames.length ?? 0;
  }

  get #fps(): number {
    const fps = this.globe?.fps ?? 24;
    return fps > 0 && Number.isFinite(fps) ? fps : 24;
  }

  async #save(what: string, extension: string, encode: () => Promise<Blob>): Promise<void> {
    this._message = undefined;
    this._busy = { what, share: 0 };
    try {
      download(await encode(), `${this.name}.${extension}`);
      this._message = `${this.name}.${extension} is saved.`;
    } catch (error) {
      this._message = (error as Error).message;
    } finally {
      this._busy = undefined;
    }
  }

  readonly #load = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const [detail] = [...(input.files ?? [])];
    input.value = '';
    if (detail) this.dispatchEvent(new CustomEvent<File>('load', { detail }));
  };

  readonly #progress = (share: number): void => {
    if (this._busy) this._busy = { ...this._busy, share };
  };

  #saveReplay(): Promise<void> {
    return this.#save('the replay', 'snowglobe.json', async () => {
      const replay = this.globe!.replay();
      const text = encodeReplay(replay, this.globe!.label(replay.actions.length + 1));
      return new Blob([text], { type: 'application/json' });
    });
  }

  async #copyLink(): Promise<void> {
    this._link = undefined;
    try {
      const link = new URL(location.href);
      link.hash = encodeReplayLink(this.globe!.replay(), this.from);
      this._link = link.href;
      // A page without https has no clipboard: the link stands there to be copied.
      await navigator.clipboard?.writeText(link.href);
      this._message = navigator.clipboard
        ? 'The link to this walk is copied.'
        : 'Copy the link to this walk:';
    } catch (error) {
      this._message = this._link === undefined ? (error as Error).message : 'Copy the link to this walk:';
    }
  }

  protected override render(): TemplateResult {
    const frames = this._recording?.frames ?? [];
    const canSave = !this._isOn && frames.length > 0 && this._busy === undefined;
    const gif = () => encodeGifBeside(frames, this.#fps, this.globe!.label(frames.length), this.#progress);
    const video = () => encodeVideo(frames, this.#fps, this.globe!.label(frames.length), this.#progress);
    return html`<section aria-labelledby="record-title">
      <h2 id="record-title">Keep it</h2>
      <div class="buttons">
        <button
          data-testid="record"
          class=${this._isOn ? 'recording' : ''}
          aria-pressed=${this._isOn}
          ?disabled=${!this.ready}
          @click=${() => (this._isOn ? this.#stop() : this.#begin())}
        >
          ${this._isOn ? `■ Stop (${(this._count / this.#fps).toFixed(0)} s)` : '● Record'}
        </button>
        ${
          canSave
            ? html`<button data-testid="save-gif" @click=${() => void this.#save('the GIF', 'gif', gif)}>
                  Save GIF
                </button>
                <button
                  data-testid="save-video"
                  ?disabled=${!this._video}
                  title=${this._video ? '' : 'This browser cannot encode video'}
                  @click=${() => void this.#save('the video', this._video!, video)}
                >
                  Save ${this._video === 'mp4' ? 'MP4' : 'WebM'}
                </button>`
            : nothing
        }
        <button
          data-testid="save-replay"
          ?disabled=${!this.ready || this._busy !== undefined}
          title="The prompt, the seed and every key: draw it again with snowglobe generate --replay"
          @click=${() => void this.#saveReplay()}
        >
          Save replay
        </button>
        <label class="button">
          Load replay
          <input
            type="file"
            accept=".json,application/json"
            data-testid="load-replay"
            @change=${this.#load}
          />
        </label>
        <button
          data-testid="copy-link"
          ?disabled=${!this.ready}
          title="Whoever opens it sees this walk, frame by frame"
          @click=${() => void this.#copyLink()}
        >
          Copy link
        </button>
      </div>
      ${
        this._link === undefined
          ? nothing
          : html`<input
              class="link"
              readonly
              aria-label="Link to this walk"
              data-testid="link"
              .value=${this._link}
            />`
      }
      <p class="hint" role="status" data-testid="record-status">${this.#renderStatus()}</p>
    </section>`;
  }

  #renderStatus(): TemplateResult | string {
    if (this._busy) {
      return html`Saving ${this._busy.what}
        <progress max="1" .value=${this._busy.share} aria-label=${`Saving ${this._busy.what}`}></progress>`;
    }
    if (this._message !== undefined) return this._message;
    if (!this._isOn && this._count > 0) return `${this._count} frames are recorded.`;
    return html`A replay is drawn again by <code>snowglobe generate --replay</code>.`;
  }
}

function download(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

customElements.define('record-panel', RecordPanel);
