import type { SnowGlobe } from '@snowglobe/element';
import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

export interface BarOptions {
  readonly globe: SnowGlobe | null;
  readonly seed: number;
  /** As a multiple of the world's pace; 0: as fast as it goes. */
  readonly speed: number;
  /** The world's pace, frames a second. */
  readonly fps: number;
  onSeed(seed: number): void;
  onSpeed(speed: number): void;
  onRestart(): void;
  /** Whether the map is shown; undefined where the world keeps none. */
  readonly map: boolean | undefined;
  onMap(map: boolean): void;
  /** Whether the numbers that frames tell are shown; undefined where they tell none. */
  readonly hud: boolean | undefined;
  onHud(hud: boolean): void;
  /** Whether the game is shown that the world was learned of; undefined where there is none. */
  readonly beside: boolean | undefined;
  onBeside(beside: boolean): void;
}

/** Multiples of the world's pace. */
const speeds: readonly (readonly [name: string, speed: number])[] = [
  ['Half speed', 0.5],
  ['Normal speed', 1],
  ['1.5 times', 1.5],
  ['Double speed', 2],
  ['As fast as it goes', 0],
];
const largestSeed = 2 ** 31 - 1;

/** The controls under the picture. A click gives the keyboard back to the world; a key on a button leaves it there. */
export function renderBar({
  globe,
  seed,
  speed,
  fps,
  onSeed,
  onSpeed,
  onRestart,
  map,
  onMap,
  hud,
  onHud,
  beside,
  onBeside,
}: BarOptions): TemplateResult {
  const paused = globe?.paused ?? false;
  const ready = globe?.promptImage !== undefined;
  const giveBack = (event: Event): void => {
    if ((event as MouseEvent).detail > 0) globe?.focus();
  };
  const button = (id: string, label: string, sign: string, act: () => void): TemplateResult =>
    html`<button
      data-testid=${id}
      aria-label=${label}
      title=${label}
      ?disabled=${!ready}
      @click=${(event: Event) => (act(), giveBack(event))}
    >
      ${sign}
    </button>`;
  const toggle = (
    id: string,
    label: string,
    title: string,
    isOn: boolean | undefined,
    set: (on: boolean) => void,
  ): TemplateResult | typeof nothing =>
    isOn === undefined
      ? nothing
      : html`<button
          data-testid=${id}
          aria-pressed=${isOn}
          title=${title}
          @click=${(event: Event) => (set(!isOn), giveBack(event))}
        >
          ${label}
        </button>`;
  const isPress = (event: KeyboardEvent): boolean => event.code === 'Space' || event.code === 'Enter';
  return html`<div class="bar" role="group" aria-label="Controls">
    ${button('pause', paused ? 'Play' : 'Pause', paused ? '▶' : '❚❚', () => (paused ? globe?.play() : globe?.pause()))}
    ${button('step', 'One frame', '▶❚', () => void globe?.step())}
    <button
      data-testid="rewind"
      aria-label="Hold to wind back"
      title="Hold to wind back (Backspace)"
      ?disabled=${!ready}
      @pointerdown=${(event: PointerEvent) => {
        (event.currentTarget as Element).setPointerCapture(event.pointerId);
        globe?.rewind();
      }}
      @lostpointercapture=${() => void globe?.stopRewind().then(() => globe.focus())}
      @keydown=${(event: KeyboardEvent) => isPress(event) && !event.repeat && globe?.rewind()}
      @keyup=${(event: KeyboardEvent) => isPress(event) && void globe?.stopRewind()}
    >
      ◀◀
    </button>
    ${button('restart', 'Start over', '↺', onRestart)}
    ${toggle('map', 'Map', 'What the session remembers', map, onMap)}
    ${toggle('hud-toggle', 'Numbers', 'What the picture tells', hud, onHud)}
    ${toggle('beside', 'Beside', 'The game itself beside the dream of it, from a level that both begin', beside, onBeside)}
    <label class="field"
      ><span>Seed</span>
      <input
        data-testid="seed"
        type="number"
        min="0"
        max=${largestSeed}
        .value=${String(seed)}
        @change=${(event: Event) => onSeed(seedOf((event.target as HTMLInputElement).value))}
      />
    </label>
    ${button('dice', 'Another seed', '⚄', () => onSeed(Math.floor(Math.random() * 10_000)))}
    <label class="field"
      ><span>Speed</span>
      <select
        data-testid="speed"
        @change=${(event: Event) => {
          onSpeed(Number((event.target as HTMLSelectElement).value) / fps);
          globe?.focus();
        }}
      >
        ${speeds.map(([name, value]) => html`<option value=${value * fps} ?selected=${value === speed}>${name}</option>`)}
      </select>
    </label>
  </div>`;
}

function seedOf(text: string): number {
  const value = Math.round(Number(text));
  return Number.isFinite(value) ? Math.min(largestSeed, Math.max(0, value)) : 0;
}
