import { mix, parseColour, type Rgb } from '../canvas.js';
import type { Palette } from '../patches/patch_art.js';

export const lookNames = ['day', 'rain', 'snow', 'night'] as const;
export type LookName = (typeof lookNames)[number];

/** How a town in some weather is called. */
export const lookWords: Readonly<Record<LookName, string>> = {
  day: 'a sunny town',
  rain: 'a rainy town',
  snow: 'a snowy town',
  night: 'a town at night',
};

const colours = (hex: Readonly<Record<string, string>>): Palette =>
  Object.fromEntries(Object.entries(hex).map(([name, value]) => [name, parseColour(value)]));

/** The same in every look: cars, lamps and the dashboard. */
const own = colours({
  // Beside a car: its shadow.
  '.': '#2e313a',
  // Glass, in front and behind; tail lamps off and on; head lamps; indicators.
  w: '#a8d8f0',
  u: '#42566c',
  t: '#7c2230',
  T: '#ff3040',
  h: '#fff6c8',
  i: '#ff9a1c',
  // Lamps: their box, and the light.
  K: '#15161c',
  R: '#ff3b3b',
  Y: '#ffd23b',
  G: '#3bf07a',
  // Fire and smoke.
  F: '#ffef8a',
  O: '#ff8c28',
  M: '#5b5760',
  m: '#83808a',
  // The dashboard.
  D: '#191b26',
  d: '#2b2f40',
  L: '#e8f0ff',
  B: '#49c8ff',
});

/** By day. Surfaces that are lit come in light, middle and dark. */
const day = colours({
  g: '#62b04c',
  e: '#559f41',
  v: '#7cc463',
  f: '#f4d35e',
  n: '#ef7fa6',
  a: '#4a4e59',
  b: '#545864',
  l: '#efe9d2',
  z: '#e4e2dc',
  p: '#b9b3a6',
  q: '#a39d90',
  k: '#dcd6c8',
  s: '#ead9a0',
  S: '#dcc88a',
  W: '#3a86c8',
  V: '#5aa5e0',
  // Trees: rim, leaves, light leaves, trunk and shade.
  c: '#2f6e35',
  j: '#3d8a40',
  J: '#58a850',
  x: '#47803c',
  // Roofs.
  1: '#e07a52',
  2: '#c9613d',
  3: '#9c442b',
  4: '#b58a5e',
  5: '#977047',
  6: '#6f5033',
  7: '#c3c8cf',
  8: '#a9afb8',
  9: '#7d848f',
  0: '#5e636c',
  // Walls and what is in them.
  H: '#f1e3c6',
  I: '#d6c39e',
  P: '#7fb4d8',
  N: '#6b4327',
  A: '#51667c',
  // People: hair, skin, two shirts, legs.
  E: '#4a2f22',
  C: '#f0c29a',
  X: '#d64a4a',
  Z: '#3f6fd6',
  Q: '#2c2f3a',
});

const night = parseColour('#0c1230');
const wet = parseColour('#3c4a60');

/** What snow covers has other colours than at night or in rain. */
const snow = colours({
  g: '#eef3f8',
  e: '#dfe8f1',
  v: '#ffffff',
  f: '#d9e3ee',
  n: '#c9d8e8',
  a: '#646a76',
  b: '#747b87',
  l: '#f4f1e4',
  z: '#f2f4f6',
  p: '#cdd4dc',
  q: '#bac3cd',
  k: '#e6ebf0',
  s: '#e9e6da',
  S: '#dcd8c8',
  W: '#7fb3d6',
  V: '#a5cfe8',
  c: '#4b7d68',
  j: '#b9d6d0',
  J: '#f4fafc',
  x: '#c9d6dc',
  1: '#ffffff',
  2: '#e9eff6',
  3: '#b4604a',
  4: '#fbfdff',
  5: '#e1e8ef',
  6: '#7b5f45',
  7: '#ffffff',
  8: '#eaf0f5',
  9: '#a3adb9',
});

const windowsAtNight: Palette = { P: parseColour('#ffd97a'), A: parseColour('#f2c25c') };

function changed(palette: Palette, change: (colour: Rgb, name: string) => Rgb): Palette {
  return Object.fromEntries(Object.entries(palette).map(([name, colour]) => [name, change(colour, name)]));
}

/** The colours of each look, by the characters that pictures are drawn with. */
export const palettes: Readonly<Record<LookName, Palette>> = {
  day: { ...day, ...own },
  rain: { ...changed(day, (colour) => mix(colour, wet, 0.42)), b: parseColour('#7386a0'), ...own },
  snow: { ...day, ...snow, ...own },
  night: { ...changed(day, (colour) => mix(colour, night, 0.66)), ...windowsAtNight, ...own },
};
