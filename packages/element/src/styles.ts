import { css } from 'lit';

export const styles = css`
  :host {
    --snow-globe-radius: 12px;
    display: block;
    position: relative;
    aspect-ratio: 1;
    container-type: inline-size;
    touch-action: manipulation;
    user-select: none;
    -webkit-user-select: none;
  }
  :host([hidden]) {
    display: none;
  }
  :host(:state(legend)) {
    display: grid;
    grid-template-rows: minmax(0, 1fr) auto;
    aspect-ratio: auto;
  }
  .view {
    position: absolute;
    inset: 0;
  }
  :host(:state(legend)) .view {
    position: relative;
    inset: auto;
    place-self: stretch;
    min-height: 0;
    aspect-ratio: 1;
  }
  .frame {
    position: absolute;
    inset: 0;
    display: grid;
    place-items: center;
  }
  .frame > * {
    grid-area: 1 / 1;
  }
  .map {
    z-index: 1;
    place-self: start end;
    border-radius: 4px;
    box-shadow: 0 0 0 1px rgb(255 255 255 / 0.75);
    background: rgb(11 16 32 / 0.75);
    opacity: 0.92;
    pointer-events: none;
  }
  .map[hidden] {
    display: none;
  }
  [part='screen'] {
    image-rendering: pixelated;
    border-radius: var(--snow-globe-radius);
    background: #0b1020;
    outline-offset: 3px;
  }
  [part='screen']:focus-visible {
    outline: 3px solid #6aa8ff;
  }
  .badge {
    position: absolute;
    inset: 6px auto auto 6px;
    padding: 1px 6px;
    border-radius: 6px;
    background: rgb(11 16 32 / 0.75);
    color: #fff;
    font:
      11px/1.5 system-ui,
      sans-serif;
    pointer-events: none;
  }
  .status {
    position: absolute;
    inset: auto 0 12px;
    display: grid;
    justify-items: center;
    pointer-events: none;
    font:
      500 14px/1.4 system-ui,
      sans-serif;
  }
  .status > div {
    max-width: calc(100% - 24px);
    box-sizing: border-box;
    padding: 8px 14px;
    border-radius: 10px;
    background: rgb(11 16 32 / 0.86);
    color: #fff;
    text-align: center;
    overflow-wrap: anywhere;
  }
  .status progress {
    display: block;
    width: min(260px, 60cqw);
    margin: 6px auto 2px;
    accent-color: #6aa8ff;
  }
  .pad {
    position: absolute;
    inset: auto 10px 10px;
    display: flex;
    justify-content: space-between;
    align-items: end;
    pointer-events: none;
  }
  .pad div {
    display: flex;
    gap: 8px;
  }
  .pad button {
    pointer-events: auto;
    width: clamp(48px, 13cqw, 72px);
    aspect-ratio: 1;
    padding: 0;
    border: 1px solid rgb(255 255 255 / 0.5);
    border-radius: 50%;
    background: rgb(11 16 32 / 0.55);
    color: #fff;
    font:
      600 22px/1 system-ui,
      sans-serif;
    touch-action: none;
    cursor: pointer;
  }
  .pad button:active,
  .pad button.down {
    background: rgb(106 168 255 / 0.85);
    color: #0b1020;
  }
  button:focus-visible {
    outline: 3px solid #6aa8ff;
    outline-offset: 2px;
  }
  .hud {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    gap: 4px 14px;
    min-height: 1.3em;
    margin: 0;
    padding: 10px 0 0;
    list-style: none;
    font:
      500 13px/1.3 system-ui,
      sans-serif;
  }
  .hud li {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .hud meter {
    width: clamp(32px, 10cqw, 64px);
    height: 12px;
  }
  .hud b {
    min-width: 1ch;
    font-variant-numeric: tabular-nums;
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    align-items: center;
    gap: 6px;
    padding-top: 10px;
    font:
      500 13px/1.3 system-ui,
      sans-serif;
  }
  .legend .walk,
  .legend button {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .legend button {
    min-height: 32px;
    padding: 2px 10px 2px 6px;
    border: 1px solid GrayText;
    border-radius: 8px;
    background: ButtonFace;
    color: ButtonText;
    font: inherit;
    touch-action: none;
    cursor: pointer;
  }
  .legend button:active {
    border-color: Highlight;
    box-shadow: inset 0 0 0 1px Highlight;
  }
  .legend kbd {
    min-width: 1.2em;
    padding: 1px 4px;
    border: 1px solid currentcolor;
    border-radius: 4px;
    font: inherit;
    font-size: 12px;
    text-align: center;
  }
  @media (pointer: coarse) {
    .legend .walk,
    .legend kbd {
      display: none;
    }
    .legend button {
      min-height: 44px;
      padding: 2px 12px;
    }
  }
`;
