import type { SnowGlobe } from '@snowglobe/element';
import type { PromptImage } from '@snowglobe/runtime/browser';
import type { TemplateResult } from 'lit';
import { html } from 'lit';

/**
 * The place of `panel.js`, once that is loaded.
 * @param onLevel walks into the first frame of a level
 */
export function renderBeside(
  globe: SnowGlobe | null,
  simulator: string | undefined,
  onLevel: (prompt: PromptImage) => void,
): TemplateResult {
  return html`<beside-panel
    .globe=${globe}
    .simulator=${simulator ?? ''}
    @walk=${({ detail }: CustomEvent<PromptImage>) => onLevel(detail)}
  ></beside-panel>`;
}
