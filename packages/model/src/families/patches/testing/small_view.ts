import type { MapConfig } from '../config/config.js';
import { presets } from '../config/presets.js';

const { poses: _, ...micro } = presets.micro;

/** A view of five rows and seven columns, and one row that stands still. */
export const smallView: MapConfig = {
  ...{ width: 28, height: 24, fps: 8 },
  ...micro,
  grid: { size: 4, top: 0, left: 0 },
  codebook: 4,
  view: { top: 0, left: 0, rows: 5, columns: 7 },
  motions: [
    [0, 0],
    [0, 1],
  ],
  map: { rows: 8, columns: 8 },
  actions: 2,
};
