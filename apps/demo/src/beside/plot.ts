import type { TemplateResult } from 'lit';
import { html, svg } from 'lit';

/** Of the drawing, in its own units; it is as wide as its place. */
const [width, height] = [300, 64];
/** Points of the curve at most. */
const mostPoints = 300;

/**
 * The share of cells that differ, frame by frame.
 * @param shares by frame from 0 on
 * @param told frames in which something was told
 */
export function renderPlot(shares: readonly number[], told: readonly number[]): TemplateResult {
  const last = shares.length - 1;
  const most = shares.reduce((a, b) => Math.max(a, b), 0);
  const top = Math.max(most, 0.01);
  const x = (frame: number): number => (frame / Math.max(last, 1)) * width;
  const y = (share: number): number => height - 1 - (share / top) * (height - 4);
  const points = highest(shares, mostPoints).map(
    ({ frame, share }) => `${x(frame).toFixed(1)},${y(share).toFixed(1)}`,
  );
  const now = shares[last] ?? 0;
  const label = `Cells that differ, frame by frame: ${percent(now)} in frame ${Math.max(last, 0)}, at most ${percent(most)}`;
  return html`<figure class="plot">
    <svg
      viewBox="0 0 ${width} ${height}"
      preserveAspectRatio="none"
      role="img"
      aria-label=${label}
      data-testid="beside-plot"
    >
      ${told.map((frame) => svg`<line class="told" x1=${x(frame)} x2=${x(frame)} y1="0" y2=${height} />`)}
      <polygon points="0,${height} ${points.join(' ')} ${x(last).toFixed(1)},${height}" />
      <polyline points=${points.join(' ')} />
    </svg>
    <figcaption>
      <span>frame 0</span>
      <span>cells that differ, at most ${percent(most)}</span>
      <span>${Math.max(last, 0)}</span>
    </figcaption>
  </figure>`;
}

/** At most so many points of a long walk: of each stretch the highest, so that no moment gets lost. */
function highest(shares: readonly number[], count: number): { frame: number; share: number }[] {
  const stretch = Math.ceil(shares.length / count);
  const points: { frame: number; share: number }[] = [];
  for (let from = 0; from < shares.length; from += stretch) {
    let frame = from;
    for (let at = from; at < Math.min(from + stretch, shares.length); at++) {
      if ((shares[at] ?? 0) > (shares[frame] ?? 0)) frame = at;
    }
    points.push({ frame, share: shares[frame] ?? 0 });
  }
  return points;
}

export const percent = (share: number): string =>
  `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
