import { mix, parseColour, type Rgb } from '../canvas.js';
import type { Palette } from '../patches/patch_art.js';

export const lookNames = ['hall', 'brick', 'cold', 'night shift'] as const;
export type LookName = (typeof lookNames)[number];

export const lookWords: Readonly<Record<LookName, string>> = {
  hall: 'a factory hall',
  brick: 'a factory of bricks',
  cold: 'a cold store',
  'night shift': 'a factory at night',
};

const colours = (hex: Readonly<Record<string, string>>): Palette =>
  Object.fromEntries(Object.entries(hex).map(([name, value]) => [name, parseColour(value)]));

/** The same in every look: machines, bins, parcels and the display. */
const own = colours({
  // Metal, from light to dark; hazard paint; cable.
  m: '#d3dae2',
  M: '#98a3b1',
  n: '#5d6774',
  N: '#343b46',
  y: '#f6c026',
  k: '#1d1f26',
  // The belt.
  b: '#3d414b',
  B: '#555a66',
  // The display.
  D: '#171a24',
  d: '#2a2f3f',
  L: '#e6eefc',
  G: '#3fe07a',
  R: '#ff4747',
  O: '#ff9d2e',
});

interface Hall {
  readonly wall: readonly [light: string, middle: string, dark: string];
  readonly pane: string;
  readonly frame: string;
  readonly floor: readonly [light: string, middle: string];
}

const halls: Readonly<Record<LookName, Hall>> = {
  hall: {
    wall: ['#dcd8cd', '#cfcabd', '#bdb7a8'],
    pane: '#9fd8f4',
    frame: '#7d8894',
    floor: ['#a9adb2', '#8f949b'],
  },
  brick: {
    wall: ['#c27a5c', '#b0684b', '#8f4f38'],
    pane: '#f7d98c',
    frame: '#5b3a2c',
    floor: ['#a39482', '#8c7d6c'],
  },
  cold: {
    wall: ['#d9ecf5', '#c7e0ee', '#a8c9dd'],
    pane: '#ffffff',
    frame: '#7ba4bf',
    floor: ['#9fb7c6', '#86a0b1'],
  },
  'night shift': {
    wall: ['#3c4460', '#343b55', '#282e45'],
    pane: '#0d1330',
    frame: '#545e80',
    floor: ['#454c63', '#393f54'],
  },
};

const white: Rgb = [255, 255, 255];

/** The colours of each look, by the characters that pictures are drawn with. */
export const palettes: ReadonlyMap<LookName, Palette> = new Map(
  lookNames.map((name): [LookName, Palette] => {
    const { wall, pane, frame, floor } = halls[name];
    const [w, W, v] = wall;
    const [f, F] = floor;
    const glass = parseColour(pane);
    return [name, { ...own, ...colours({ w, W, v, f, F, p: pane, q: frame }), P: mix(glass, white, 0.45) }];
  }),
);

/** Paint of parcels and bins by kind: light, middle, dark, outline. */
export const kindPaints: readonly Palette[] = [
  colours({ '1': '#ff8f7d', '2': '#e2493f', '3': '#b02a2c', '4': '#6e1a22' }),
  colours({ '1': '#84bdf7', '2': '#3d7fe0', '3': '#2658a8', '4': '#17356b' }),
  colours({ '1': '#93dd82', '2': '#3fae4c', '3': '#277a36', '4': '#164a24' }),
];
