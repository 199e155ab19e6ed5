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
  .frame {
    position: absolute;
    inset: 0;
    display: grid;
    place-items: center;
  }
  canvas {
    image-rendering: pixelated;
    border-radius: var(--snow-globe-radius);
    background: #0b1020;
    outline-offset: 3px;
  }
  canvas:focus-visible {
    outline: 3px solid #6aa8ff;
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
  .pad button:focus-visible {
    outline: 3px solid #6aa8ff;
    outline-offset: 2px;
  }
`;
