/** Surfaces that walls, doors and gates are made of. */
export type Material = 'brick' | 'block' | 'leaf' | 'stripe' | 'plank' | 'bars';

export interface Surface {
  readonly material: Material;
  readonly colour: readonly [red: number, green: number, blue: number];
}

/** The colours and materials of a dungeon. */
export interface Theme {
  /** The looks of `WALL_A`, `WALL_B` and `WALL_C`. */
  readonly walls: readonly [Surface, Surface, Surface];
  readonly ceiling: readonly [number, number, number];
  readonly floor: readonly [number, number, number];
}

export const themes = {
  cellar: {
    walls: [
      { material: 'brick', colour: [168, 96, 72] },
      { material: 'block', colour: [112, 128, 152] },
      { material: 'stripe', colour: [176, 152, 88] },
    ],
    ceiling: [44, 40, 56],
    floor: [96, 88, 72],
  },
  crypt: {
    walls: [
      { material: 'block', colour: [112, 128, 152] },
      { material: 'block', colour: [96, 152, 152] },
      { material: 'leaf', colour: [120, 152, 88] },
    ],
    ceiling: [40, 56, 72],
    floor: [72, 96, 80],
  },
  tower: {
    walls: [
      { material: 'brick', colour: [144, 104, 160] },
      { material: 'brick', colour: [168, 96, 72] },
      { material: 'block', colour: [112, 128, 152] },
    ],
    ceiling: [36, 28, 44],
    floor: [80, 64, 88],
  },
  garden: {
    walls: [
      { material: 'leaf', colour: [120, 152, 88] },
      { material: 'stripe', colour: [176, 152, 88] },
      { material: 'block', colour: [96, 152, 152] },
    ],
    ceiling: [96, 136, 176],
    floor: [88, 112, 56],
  },
} as const satisfies Record<string, Theme>;

export type ThemeName = keyof typeof themes;
export const themeNames = Object.keys(themes) as ThemeName[];

/** Doors and gates look alike in every theme, so that they are known when they are seen. */
export const doorSurface: Surface = { material: 'plank', colour: [136, 88, 40] };
export const gateSurface: Surface = { material: 'bars', colour: [184, 168, 96] };
