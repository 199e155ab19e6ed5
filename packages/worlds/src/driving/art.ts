import { PatchPainter, turned, type PatchPictures } from '../patches/patch_art.js';
import { parseColour } from '../canvas.js';
import { drawDashboard } from './dashboard_art.js';
import { lookNames, palettes, type LookName } from './looks.js';
import { carColours } from './state.js';

/** Side of a cell in pixels. */
export const CELL = 4;

export const headingNames = ['east', 'south', 'west', 'north'] as const;
const lightNames = ['red', 'yellow', 'green'] as const;
/** Looks of a wreck, by how long it stays: `wreckNames[wreck]`. */
export const wreckNames = ['', 'smoke', 'fire', 'crash'] as const;

const ground: Readonly<Record<string, readonly string[]>> = {
  grass: ['gggg', 'gggg', 'gggg', 'gggg'],
  tuft: ['gggg', 'gvge', 'gege', 'gggg'],
  flowers: ['gfgg', 'ggng', 'gvgg', 'fggg'],
  sand: ['ssss', 'sSss', 'ssss', 'sssS'],
  water: ['WWWW', 'WWWW', 'WWWW', 'WWWW'],
  waves: ['WWWW', 'VVWW', 'WWVV', 'WWWW'],
  bush: ['gccg', 'cjJc', 'cjjc', 'xccx'],
  road: ['aaaa', 'aaaa', 'aaaa', 'aaaa'],
  'rough road': ['aaaa', 'aaba', 'abba', 'aaaa'],
  pavement: ['pppq', 'pppq', 'pppq', 'qqqq'],
  'zebra-down': ['zzaa', 'zzaa', 'zzaa', 'zzaa'],
  'zebra-across': ['zzzz', 'zzzz', 'aaaa', 'aaaa'],
  'red roof-chimney': ['2222', '2KK2', '20K2', '2222'],
  'brown roof-chimney': ['5555', '5KK5', '50K5', '5555'],
  'house-window': ['HHHH', 'HPPH', 'HPPH', 'IIII'],
  'house-door': ['HHHH', 'HNNH', 'HNNH', 'INNI'],
  'office-windows': ['8888', 'APPA', 'APPA', '9999'],
  'office-vent': ['8888', '8007', '8097', '8777'],
};

const tree = ['gggcccgg', 'gccjjjcg', 'gcjJJjjc', 'cjJJJjjc', 'cjJJjjjc', 'cjjjjjcx', 'gcjjjcxx', 'ggcccxxg'];

/** Roofs of nine pieces: bright towards the ridge, dark at the rim. */
const roof = [
  '333333333333',
  '311111111113',
  '312222222213',
  '322222222223',
  '322222222223',
  '322222222223',
  '322222222223',
  '322222222223',
  '322222222223',
  '323232323233',
  '333333333333',
  '333333333333',
];
const flatRoof = [
  '999999999999',
  '977777777779',
  '978888888879',
  '978888888879',
  '978888888879',
  '978888888879',
  '978888888879',
  '978888888879',
  '978888888879',
  '977777777779',
  '999999999999',
  '000000000000',
];
const pieces = ['top', 'centre', 'bottom'].flatMap((down) =>
  ['left', 'middle', 'right'].map((across) => `${down} ${across}`),
);

/** Going north: hood, windscreen, roof, rear window. `o` is the paint, `O` a lighter one, `y` what is on the roof. */
const car = ['..oooo..', '.hooooh.', '.oooooo.', '.owwwwo.', '.orrrro.', '.oryyro.', '.ouuuuo.', '.toooot.'];

const wrecks: Readonly<Record<string, readonly string[]>> = {
  crash: ['O..OO..O', '.OOFFOO.', '.OFFFFO.', 'OFFFFFFO', 'OFFFFFFO', '.OFFFFO.', '.OOFFOO.', 'O..OO..O'],
  fire: ['..MMMM..', '.MmmMMM.', '.MOOMMM.', '.OFFOKM.', '.OFFOOK.', '.KOOFOK.', '.KKOOKK.', '..KKKK..'],
  smoke: ['..mm....', '.mMMm...', '.mMMMmm.', '..mMMMm.', '.KKmMmK.', '.KMKmKK.', '.KKKMKK.', '..KKKK..'],
};

const people = {
  east: ['*EC*', '*xx*', '*xxC', '*QQ*'],
  south: ['*CC*', 'xxxx', '*xx*', '*QQ*'],
  west: ['*CE*', '*xx*', 'Cxx*', '*QQ*'],
  north: ['*EE*', 'xxxx', '*xx*', '*QQ*'],
  down: ['****', 'Exx*', 'CxxQ', '***Q'],
} as const;
const shirts = ['red', 'blue'] as const;

const paints = {
  own: { o: '#f2b90f', r: '#ffd84a', y: '#20222a' },
  blue: { o: '#2f6fd0', r: '#5c97ea', y: '#5c97ea' },
  white: { o: '#d5dae2', r: '#f6f8fb', y: '#f6f8fb' },
  red: { o: '#c8283c', r: '#ee5564', y: '#c8283c' },
} as const;

/** What a cell of a car shows: cells 1 to 4 row by row as it goes north, a lamp of which may be lit. */
export const carPatch = (paint: string, heading: number, cell: number, lit: string): string =>
  `${paint} car-${headingNames[heading]!} ${cell}${lit} on road`;

/** Draws every picture of a look. */
function draw(look: LookName): PatchPictures {
  const painter = new PatchPainter(CELL, palettes[look]);
  for (const [name, rows] of Object.entries(ground)) painter.patch(name, rows);
  painter.sprite(tree, (cell) => `tree-${cell + 1}`);
  const swap = (rows: readonly string[], from: string, to: string): string[] =>
    rows.map((row) => row.replace(/./g, (each) => to[from.indexOf(each)] ?? each));
  painter.sprite(roof, (cell) => `red roof-${pieces[cell]!}`);
  painter.sprite(swap(roof, '123', '456'), (cell) => `brown roof-${pieces[cell]!}`);
  painter.sprite(flatRoof, (cell) => `office-${pieces[cell]!}`);

  // Lines and kerbs lie on the eastern edge, and are turned to the others.
  headingNames.forEach((name, turn) => {
    painter.patch(`line-${name}`, turned(['aaal', 'aaal', 'aaal', 'aaal'], turn));
    painter.patch(`pavement-${name}`, turned(['pppk', 'pppk', 'pppk', 'qqqk'], turn));
    for (const light of lightNames) {
      const l = painterLight(light, look);
      painter.patch(`stop line-${name} ${light}`, turned(['aasa', 'aasa', 'aasa', 'aasa'], turn), { s: l });
    }
  });
  for (const light of lightNames) {
    painter.patch(`light-${light}`, ['KKKK', 'KssK', 'KssK', 'KKKK'], { s: painterLight(light, look) });
  }
  drawCars(painter);
  drawPeople(painter);
  drawDashboard(painter);
  return painter.pictures;
}

const painterLight = (light: (typeof lightNames)[number], look: LookName) =>
  palettes[look][{ red: 'R', yellow: 'Y', green: 'G' }[light]]!;

function drawCars(painter: PatchPainter): void {
  for (const paint of ['own', ...carColours] as const) {
    const colours = Object.fromEntries(
      Object.entries(paints[paint]).map(([name, hex]) => [name, parseColour(hex)]),
    );
    for (let heading = 0; heading < 4; heading++) {
      const parts = [
        { rows: car, lit: '', cells: [1, 2, 3, 4] },
        { rows: car.map((row) => row.replaceAll('t', 'T')), lit: ' braking', cells: [3, 4] },
        // The own driver has no indicators.
        {
          rows: car.map((row) => row.replaceAll('h', 'i')),
          lit: ' turning',
          cells: paint === 'own' ? [] : [1, 2],
        },
      ];
      for (const { rows, lit, cells } of parts) {
        painter.sprite(
          turned(rows, (heading + 1) % 4),
          (index) => {
            const cell = cellOfCar(heading, index);
            return cells.includes(cell) ? carPatch(paint, heading, cell, lit) : undefined;
          },
          colours,
        );
      }
    }
  }
  for (const [name, rows] of Object.entries(wrecks)) {
    painter.sprite(rows, (cell) => `wreck-${name} ${cell + 1} on road`);
  }
}

/** Which cell of a car that goes north (1 to 4, row by row) is at a place of one that was turned. */
export function cellOfCar(heading: number, index: number): number {
  const around = [1, 2, 4, 3];
  const at = around.indexOf(index + 1);
  return around[(at - ((heading + 1) % 4) + 4) % 4]!;
}

function drawPeople(painter: PatchPainter): void {
  for (const [pose, rows] of Object.entries(people)) {
    for (const [shirt, name] of shirts.entries()) {
      if (pose === 'down' && shirt > 0) continue;
      for (const [place, background] of [
        ['pavement', 'p'],
        ['road', 'a'],
      ] as const) {
        const drawn = rows.map((row) => row.replaceAll('*', background).replaceAll('x', 'XZ'[shirt]!));
        painter.patch(personPatch(pose === 'down' ? '' : name, pose, place), drawn);
      }
    }
  }
}

const personPatch = (shirt: string, pose: string, place: 'pavement' | 'road'): string =>
  `person-${`${shirt} ${pose}`.trim()} on ${place}`;

/** What a cell shows where someone stands, walks or lies. */
export const personPatchOf = (
  person: { readonly shirt: number; readonly heading: number; readonly down: number },
  place: 'pavement' | 'road',
): string =>
  person.down > 0
    ? personPatch('', 'down', place)
    : personPatch(shirts[person.shirt]!, headingNames[person.heading]!, place);
export const shirtCount = shirts.length;

/** The pictures of each look by name. */
export const art: ReadonlyMap<LookName, PatchPictures> = new Map(lookNames.map((look) => [look, draw(look)]));
