import type { TemplateResult } from 'lit';
import { html } from 'lit';
import { chooseTheme, currentTheme } from './theme.js';

/** The name of the page, and what changes its colours. */
export function renderHeader(onTheme: () => void): TemplateResult {
  const other = currentTheme() === 'dark' ? 'light' : 'dark';
  const toggle = (): void => {
    chooseTheme(other);
    onTheme();
  };
  return html`<header>
    <h1>
      <svg viewBox="0 0 32 32" width="34" height="34" aria-hidden="true">
        <circle cx="16" cy="14" r="12" fill="var(--accent)" />
        <path d="M5.6 20a12 12 0 0 0 20.8 0z" fill="#fff" />
        <g fill="#fff">
          <circle cx="11" cy="9" r="1.2" />
          <circle cx="18" cy="6.5" r="1" />
          <circle cx="21" cy="12" r="1.3" />
          <circle cx="14" cy="14.5" r="1" />
        </g>
        <path d="M8 26h16l2.4 4.4H5.6z" fill="var(--wood)" />
      </svg>
      Snowglobe
    </h1>
    <p>Walk into a picture.</p>
    <button class="plain" data-testid="theme" aria-label=${`Use the ${other} theme`} @click=${toggle}>
      ${other === 'dark' ? '☾' : '☀'}
    </button>
  </header>`;
}
