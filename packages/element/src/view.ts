import type { WorldProgress } from '@snowglobe/runtime/browser';
import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { ButtonTarget } from './hold_button.js';
import type { KeyBindings } from './key_bindings.js';
import { renderLegend } from './legend.js';
import { renderPad } from './pad.js';
import { renderStatus } from './status.js';

/** What is shown, and who is told of it. */
export interface View {
  readonly target: ButtonTarget;
  /** What keys do; undefined until the world is open. */
  readonly bindings: KeyBindings | undefined;
  readonly hasPad: boolean;
  readonly hasLegend: boolean;
  readonly hasMap: boolean;
  readonly hasBadge: boolean;
  readonly status: WorldProgress | string | undefined;
  /** What frames tell beside their picture, where that is wanted. */
  readonly hud: TemplateResult | undefined;
  /** The picture was pressed, or has the keyboard. */
  onUse(): void;
}

/** What stands in the shadow tree: the picture with its buttons and messages, and what keys do below it. */
export function renderView({
  target,
  bindings,
  hasPad,
  hasLegend,
  hasMap,
  hasBadge,
  status,
  hud,
  onUse,
}: View): TemplateResult {
  const act = bindings?.all.find(({ key }) => key === 'space');
  return html`
    <div class="view">
      <div class="frame">
        <canvas
          part="screen"
          width="64"
          height="64"
          tabindex="0"
          role="application"
          aria-label="A world to play: arrow keys move, ${act ? `space: ${act.label}` : 'space jumps'}, Backspace winds back, P pauses"
          data-testid="screen"
          @pointerdown=${onUse}
          @focus=${onUse}
        ></canvas>
        ${hasMap ? html`<canvas part="map" class="map" role="img" aria-label="Map of what was seen so far" hidden></canvas>` : nothing}
      </div>
      ${hasBadge ? html`<div class="badge" part="badge">made by a model</div>` : nothing}
      ${hasPad ? renderPad(target, bindings) : nothing}
      <div class="status" part="status" role="status">${renderStatus(status)}</div>
    </div>
    ${hud || hasLegend ? html`<div class="below">${hud ?? nothing}${hasLegend && bindings ? renderLegend(target, bindings) : nothing}</div>` : nothing}
  `;
}
