import type { Frame, WorldInfo } from '@snowglobe/runtime/browser';
import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

type Readout = NonNullable<WorldInfo['readouts']>[number];

/** Numbers from 0 to so much at least, and at most, have a bar. */
const [shortestBar, longestBar] = [4, 20];
/** Frames for which the end of a game is told. */
const overFor = 16;

/** What frames tell beside their picture: numbers, and that a game is over. */
export class Hud {
  #last: { readonly index: number; readonly readouts: Frame['readouts'] } | undefined;
  #overAt = Infinity;
  /** Numbers that were something else than 0 in this session: what one does not have is not listed. */
  readonly #had = new Set<string>();

  /** The numbers of the last frame; undefined where the world's frames tell none. */
  get values(): Frame['readouts'] {
    return this.#last?.readouts;
  }

  /** What is said of a game that was over a moment ago. */
  get message(): string | undefined {
    const since = (this.#last?.index ?? 0) - this.#overAt;
    return since >= 0 && since < overFor ? 'Game over: begins anew' : undefined;
  }

  /** Another session begins. */
  begin(): void {
    this.#last = undefined;
    this.#overAt = Infinity;
    this.#had.clear();
  }

  /** @returns whether something else is shown now */
  add({ index, readouts, ended }: Frame): boolean {
    const before = this.#shown;
    if (ended) this.#overAt = index;
    this.#last = { index, readouts };
    for (const [name, value] of Object.entries(readouts ?? {})) if (value !== 0) this.#had.add(name);
    return this.#shown !== before;
  }

  get #shown(): string {
    return JSON.stringify([this.values, this.message]);
  }

  /** The numbers as a list, with bars where they have a small range. */
  render(readouts: readonly Readout[]): TemplateResult {
    return html`<ul class="hud" part="hud" aria-label="What the picture tells" data-testid="hud">
      ${readouts.map((readout) => {
        const value = this.values?.[readout.name];
        return value === undefined || !this.#had.has(readout.name) ? nothing : renderNumber(readout, value);
      })}
    </ul>`;
  }
}

function renderNumber({ name, least, most }: Readout, value: number): TemplateResult {
  const label = name.replaceAll('_', ' ');
  const hasBar = least === 0 && most >= shortestBar && most <= longestBar;
  return html`<li>
    <span>${label}</span>
    ${hasBar ? html`<meter min="0" max=${most} .value=${value} aria-hidden="true"></meter>` : nothing}
    <b>${value}</b>
  </li>`;
}
