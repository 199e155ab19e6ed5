import { imageOf, resize, toRgba } from '@snowglobe/media';
import type { Frame, PromptImage, TileGrid } from '@snowglobe/runtime/browser';
import type { TemplateResult } from 'lit';
import { LitElement, html, nothing } from 'lit';
import type { PreviewOf } from './live_preview.js';
import { LivePreview } from './live_preview.js';
import type { Colour } from './pixel_canvas.js';
import { PixelCanvas, fromHex, paletteOf, toHex } from './pixel_canvas.js';

type Tool = 'brush' | 'fill' | 'pick';

const tools: readonly (readonly [Tool, string])[] = [
  ['brush', 'Brush'],
  ['fill', 'Fill'],
  ['pick', 'Pick a colour'],
];
const brushes = [1, 2, 4, 8];
/** Colours that pictures of games are often made of, besides those of the prompt. */
const basics: readonly Colour[] = [
  [0, 0, 0],
  [255, 255, 255],
  [214, 60, 50],
  [246, 200, 70],
  [80, 160, 70],
  [70, 130, 220],
];
const promptColours = 10;

/** A small canvas on which a picture is drawn to walk into. Fires `walk` with the picture, or nothing when it is left. */
export class DrawPanel extends LitElement {
  static override readonly properties = {
    _canvas: { state: true },
    _tool: { state: true },
    _size: { state: true },
    _colour: { state: true },
    _palette: { state: true },
  };
  declare protected _canvas: PixelCanvas | undefined;
  declare protected _tool: Tool;
  declare protected _size: number;
  declare protected _colour: Colour;
  declare protected _palette: readonly Colour[];
  #prompt: PromptImage | undefined;
  #preview: LivePreview | undefined;
  /** Of the world that the picture was begun for. */
  #layout: string | undefined;
  #last: readonly [number, number] | undefined;
  /** Where the keyboard draws. */
  #cursor: readonly [number, number] = [0, 0];

  constructor() {
    super();
    this._tool = 'brush';
    this._size = 2;
    this._colour = basics[0]!;
    this._palette = basics;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /**
   * @param prompt what is played, for its colours and to draw over
   * @param tiled of worlds whose frames are made of tiles: which, and how the world would see a picture
   */
  open(
    width: number,
    height: number,
    prompt: PromptImage | undefined,
    tiled?: { readonly tiles: TileGrid; readonly previewOf: PreviewOf },
  ): void {
    this.#prompt = prompt;
    this.#preview = tiled && new LivePreview(tiled.previewOf, (frame) => this.#showPreview(frame));
    const channels = prompt ? prompt.data.length / (prompt.width * prompt.height) : 4;
    const own = prompt ? paletteOf(prompt.data, channels, promptColours) : [];
    const known = new Set(own.map(toHex));
    this._palette = [...own, ...basics.filter((colour) => !known.has(toHex(colour)))];
    const layout = JSON.stringify(tiled?.tiles);
    const isOther = this._canvas?.width !== width || this._canvas.height !== height;
    // What stands still in one world is nothing to another.
    if (isOther || layout !== this.#layout) {
      this.#layout = layout;
      this._canvas = new PixelCanvas(width, height, own[0] ?? [120, 180, 230]);
      this._colour = own[1] ?? basics[0]!;
      if (tiled) this.#keepStill(this._canvas, tiled.tiles);
    }
    this.#cursor = [Math.floor(width / 2), Math.floor(height / 2)];
    this.querySelector('dialog')!.showModal();
    this.#show();
  }

  /** Cells that stand still, as an inventory does, begin as they are in the picture that is played. */
  #keepStill(canvas: PixelCanvas, { rows, columns, view }: TileGrid): void {
    const prompt = this.#prompt;
    if (prompt?.width !== canvas.width || prompt.height !== canvas.height) return;
    const size = Math.min(Math.floor(canvas.width / columns), Math.floor(canvas.height / rows));
    const [left, top] = [view.left * size, view.top * size];
    const scenery = { left, top, width: view.columns * size, height: view.rows * size };
    canvas.paste(
      new Uint8ClampedArray(toRgba(imageOf(prompt.data, prompt.width, prompt.height)).data),
      scenery,
    );
  }

  #showPreview({ width, height, rgba }: Frame): void {
    const canvas = this.querySelector<HTMLCanvasElement>('.draw-preview canvas');
    if (!canvas) return;
    canvas.width = width;
    canvas.height = height;
    canvas
      .getContext('2d')!
      .putImageData(new ImageData(rgba as Uint8ClampedArray<ArrayBuffer>, width, height), 0, 0);
  }

  #close(picture?: PromptImage): void {
    this.#preview?.close();
    this.#preview = undefined;
    this.querySelector('dialog')!.close();
    this.dispatchEvent(new CustomEvent('walk', { detail: picture }));
  }

  protected override updated(): void {
    this.#show();
  }

  #show(): void {
    const canvas = this.querySelector<HTMLCanvasElement>('.draw-canvas canvas');
    const picture = this._canvas;
    if (!canvas || !picture) return;
    const { data, width, height } = picture;
    canvas.getContext('2d')!.putImageData(new ImageData(data, width, height), 0, 0);
    this.#preview?.update({ width, height, data: data.slice() });
  }

  /** Undo and clear change the picture, not what is drawn around it. */
  #change(work: (canvas: PixelCanvas) => void): void {
    if (this._canvas) work(this._canvas);
    this.requestUpdate();
  }

  #at(event: PointerEvent): readonly [number, number] {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const { width, height } = this._canvas!;
    return [
      Math.floor(((event.clientX - box.left) / box.width) * width),
      Math.floor(((event.clientY - box.top) / box.height) * height),
    ];
  }

  #apply(x: number, y: number): void {
    const canvas = this._canvas!;
    if (this._tool === 'pick') {
      this._colour = canvas.colourAt(x, y);
      this._tool = 'brush';
      return;
    }
    canvas.remember();
    if (this._tool === 'fill') canvas.fill(x, y, this._colour);
    else canvas.dot(x, y, this._size, this._colour);
    this.requestUpdate();
  }

  readonly #down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    const point = this.#at(event);
    const draws = this._tool === 'brush';
    this.#apply(...point);
    this.#last = draws ? point : undefined;
  };

  readonly #move = (event: PointerEvent): void => {
    if (!this.#last) return;
    const point = this.#at(event);
    this._canvas!.line(...this.#last, ...point, this._size, this._colour);
    this.#last = point;
    this.#show();
  };

  readonly #up = (): void => {
    this.#last = undefined;
  };

  readonly #key = (event: KeyboardEvent): void => {
    const moves: Record<string, readonly [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const move = moves[event.code];
    const { width, height } = this._canvas!;
    const [x, y] = this.#cursor;
    if (move) {
      const clamp = (value: number, most: number): number => Math.min(most - 1, Math.max(0, value));
      this.#cursor = [clamp(x + move[0], width), clamp(y + move[1], height)];
    } else if (event.code === 'Space' || event.code === 'Enter') this.#apply(x, y);
    else return;
    event.preventDefault();
    this.requestUpdate();
  };

  protected override render(): TemplateResult {
    const canvas = this._canvas;
    const { width, height } = canvas ?? { width: 64, height: 64 };
    const [x, y] = this.#cursor;
    return html`<dialog class="draw" aria-labelledby="draw-title" @cancel=${() => this.#close()}>
      <h2 id="draw-title">Draw a place to walk into</h2>
      <div class="draw-layout">
        <div class="draw-canvas" style=${`--x: ${x / width}; --y: ${y / height}; --cell: ${1 / width}`}>
          <canvas
            data-testid="draw-canvas"
            width=${width}
            height=${height}
            tabindex="0"
            role="application"
            aria-label=${`Picture of ${width} by ${height} pixels; arrow keys move the cursor, space draws. Cursor at ${x}, ${y}`}
            @pointerdown=${this.#down}
            @pointermove=${this.#move}
            @pointerup=${this.#up}
            @pointercancel=${this.#up}
            @keydown=${this.#key}
          ></canvas>
        </div>
        <div class="draw-tools">${this.#renderTools()}</div>
      </div>
      <div class="buttons end">
        <button @click=${() => this.#close()}>Leave it</button>
        <button
          class="primary"
          data-testid="draw-start"
          @click=${() => this.#close({ width, height, data: canvas!.data.slice() })}
        >
          Walk into it
        </button>
      </div>
    </dialog>`;
  }

  #renderTools(): TemplateResult {
    const choice = (pressed: boolean, label: string, act: () => void): TemplateResult =>
      html`<button aria-pressed=${pressed} @click=${act}>${label}</button>`;
    return html`
      <div class="buttons" role="group" aria-label="Tool">
        ${tools.map(([tool, label]) => choice(this._tool === tool, label, () => (this._tool = tool)))}
      </div>
      <div class="buttons" role="group" aria-label="Brush size">
        ${brushes.map((size) => choice(this._size === size, `${size} px`, () => (this._size = size)))}
      </div>
      <div class="palette" role="group" aria-label="Colour">
        ${this._palette.map((colour) => {
          const hex = toHex(colour);
          return html`<button
            class="swatch"
            style=${`background: ${hex}`}
            aria-label=${`Colour ${hex}`}
            aria-pressed=${hex === toHex(this._colour)}
            @click=${() => (this._colour = colour)}
          ></button>`;
        })}
        <label class="swatch own" title="Another colour">
          <input
            type="color"
            aria-label="Another colour"
            .value=${toHex(this._colour)}
            @input=${(event: Event) => (this._colour = fromHex((event.target as HTMLInputElement).value))}
          />
        </label>
      </div>
      <div class="buttons">
        <button ?disabled=${!this._canvas?.canUndo} @click=${() => this.#change((canvas) => canvas.undo())}>
          Undo
        </button>
        <button @click=${() => this.#change((canvas) => (canvas.remember(), canvas.clear(this._colour)))}>
          Clear
        </button>
        <button ?disabled=${!this.#prompt} @click=${() => this.#change((canvas) => this.#overPrompt(canvas))}>
          Draw over the current picture
        </button>
      </div>
      ${
        this.#preview
          ? html`<figure class="draw-preview">
              <canvas
                data-testid="draw-preview"
                role="img"
                aria-label="The drawing as the world sees it"
              ></canvas>
              <figcaption>As the world sees it: each cell is the nearest of its tiles.</figcaption>
            </figure>`
          : nothing
      }
    `;
  }

  #overPrompt(canvas: PixelCanvas): void {
    const { data, width, height } = this.#prompt!;
    canvas.remember();
    canvas.paste(
      new Uint8ClampedArray(toRgba(resize(imageOf(data, width, height), canvas.width, canvas.height)).data),
    );
  }
}

customElements.define('draw-panel', DrawPanel);
