import type { DecorationName } from './sprites.js';

/** How solid tiles are drawn. */
export type TileStyle = 'turf' | 'sand' | 'brick' | 'slab';
/** What is drawn between sky and level, moving slower than the level. */
export type Backdrop = 'hills' | 'peaks' | 'towers';

/** The colours and shapes of a level. */
export interface Theme {
  readonly sky: { readonly top: string; readonly bottom: string };
  /** Small things in the sky. */
  readonly air: { readonly kind: 'clouds' | 'stars'; readonly colour: string };
  readonly backdrop: Backdrop;
  readonly far: string;
  readonly near: string;
  readonly tile: TileStyle;
  /** The ground's surface: bright, middle, dark. */
  readonly surface: readonly [string, string, string];
  /** The ground's inside: bright, middle, dark. */
  readonly inside: readonly [string, string, string];
  readonly crate: readonly [string, string, string];
  readonly platform: readonly [string, string, string];
  readonly decorations: readonly DecorationName[];
  /** Colours a, b, c of the decorations. */
  readonly decorationColours: readonly [string, string, string];
}

export const themes = {
  meadow: {
    sky: { top: '#4aa8f0', bottom: '#c9ecff' },
    air: { kind: 'clouds', colour: '#ffffff' },
    backdrop: 'hills',
    far: '#8fd0c0',
    near: '#62b878',
    tile: 'turf',
    surface: ['#9be84a', '#5cbf35', '#3a8a2a'],
    inside: ['#b57a48', '#96603a', '#74472c'],
    crate: ['#e0a95c', '#b97d38', '#7a4a1e'],
    platform: ['#e8cf9a', '#b98d55', '#7d5a33'],
    decorations: ['tuft', 'flower', 'bush', 'tuft'],
    decorationColours: ['#3f9e34', '#2d7a2c', '#ff6f91'],
  },
  desert: {
    sky: { top: '#f2994a', bottom: '#ffe9b0' },
    air: { kind: 'clouds', colour: '#ffe6c7' },
    backdrop: 'peaks',
    far: '#e3a267',
    near: '#c97b4a',
    tile: 'sand',
    surface: ['#ffe7a3', '#f0c66c', '#cf9b48'],
    inside: ['#e2b163', '#cc934a', '#a97338'],
    crate: ['#b98a5a', '#8a5f38', '#55381f'],
    platform: ['#d98a5c', '#b0603c', '#7a3d26'],
    decorations: ['cactus', 'stone', 'cactus'],
    decorationColours: ['#4d9a4a', '#2f7038', '#e8547a'],
  },
  snow: {
    sky: { top: '#7fb6e6', bottom: '#eaf6ff' },
    air: { kind: 'clouds', colour: '#f8fcff' },
    backdrop: 'peaks',
    far: '#b9d3ea',
    near: '#8fb3d4',
    tile: 'turf',
    surface: ['#ffffff', '#e3f1fb', '#b4d2ea'],
    inside: ['#7d93b5', '#647a9e', '#4b5f84'],
    crate: ['#c48a5e', '#96603c', '#5e3922'],
    platform: ['#d2f3ff', '#93cdf0', '#5590c4'],
    decorations: ['pine', 'pine', 'stone'],
    decorationColours: ['#e9f6ff', '#2f7d6b', '#6b4630'],
  },
  night: {
    sky: { top: '#120c33', bottom: '#4b3a86' },
    air: { kind: 'stars', colour: '#fdf3c4' },
    backdrop: 'towers',
    far: '#332a66',
    near: '#241c4d',
    tile: 'brick',
    surface: ['#9a8fd8', '#6f63b5', '#4a3f8a'],
    inside: ['#5d529e', '#4a3f86', '#352c68'],
    crate: ['#d98f4e', '#a8632f', '#65381b'],
    platform: ['#6fe0d2', '#35a79f', '#1f6c70'],
    decorations: ['mushroom', 'crystal', 'crystal'],
    decorationColours: ['#e05fae', '#a9e6ff', '#e8fbff'],
  },
  factory: {
    sky: { top: '#39424e', bottom: '#8c98a4' },
    air: { kind: 'stars', colour: '#9fb0bf' },
    backdrop: 'towers',
    far: '#66727f',
    near: '#4d5864',
    tile: 'slab',
    surface: ['#ffd166', '#e0a93b', '#5b4a22'],
    inside: ['#5f6b78', '#4c5763', '#38414b'],
    crate: ['#e4714f', '#b34a31', '#6e2a1d'],
    platform: ['#b9c6d2', '#8494a3', '#56636f'],
    decorations: ['stone', 'crystal'],
    decorationColours: ['#b8c4cf', '#7d8b98', '#6ff0c8'],
  },
} as const satisfies Record<string, Theme>;

export type ThemeName = keyof typeof themes;
export const themeNames = Object.keys(themes) as ThemeName[];
