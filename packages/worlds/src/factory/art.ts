import { digits } from '../patches/digits.js';
import { PatchPainter, type PatchPictures } from '../patches/patch_art.js';
import { kindPaints, lookNames, palettes, type LookName } from './looks.js';
import { BIN_CAPACITY, PHASES, kinds, parcelName, sizes } from './state.js';

/** Side of a cell in pixels. */
export const CELL = 8;

/** Walls of panels or bricks, and the same with a window. */
const wall = ['wWWWWWWv', 'wWWWWWWv', 'wWWWWWWv', 'vvvvvvvv', 'WWWvwWWW', 'WWWvwWWW', 'WWWvwWWW', 'vvvvvvvv'];
const windowed = [
  'qqqqqqqq',
  'qppqppPq',
  'qppqpPpq',
  'qpPqPppq',
  'qqqqqqqq',
  'qpPqpppq',
  'qPpqpppq',
  'qqqqqqqq',
];

const scenery: Readonly<Record<string, readonly string[]>> = {
  wall,
  window: windowed,
  floor: ['ffffffff', 'FFFFFFFf', 'FFFFFFFf', 'FFFFFFFf', 'ffffffff', 'FFFfFFFF', 'FFFfFFFF', 'FFFfFFFF'],
  'floor-marked': [
    'yykkyykk',
    'ykkyykky',
    'FFFFFFFf',
    'FFFFFFFf',
    'ffffffff',
    'FFFfFFFF',
    'FFFfFFFF',
    'FFFfFFFF',
  ],
  rail: ['nnnnnnnn', 'MMMMMMMM', 'mmmmmmmm', 'nNNnnNNn', 'MMMMMMMM', 'NNNNNNNN', 'wWWWWWWv', 'vvvvvvvv'],
  'rail-trolley': [
    'nnnnnnnn',
    'MMMMMMMM',
    'mmmmmmmm',
    'yyyyyyyy',
    'ykkyykky',
    'yyyyyyyy',
    'NNNyyNNN',
    'vvNkkNvv',
  ],
  'rail-end': [
    'nnnnnnnn',
    'nMMMMMMM',
    'nmmmmmmm',
    'nNNnnNNn',
    'nMMMMMMM',
    'nNNNNNNN',
    'nWWWWWWv',
    'nvvvvvvv',
  ],
  'chute-top': [
    'NNNNNNNN',
    'NMMMMMMN',
    'NMmmmmMN',
    'NMmmmmMN',
    'NMmmmmMN',
    'NMMMMMMN',
    'NyykkyyN',
    'NkyykkyN',
  ],
  'belt-leg': [
    'vnMMnvvv',
    'wnMMnWWv',
    'wnMMnWWv',
    'vnMMnvvv',
    'WnMMnWWW',
    'WnMMnWWW',
    'nMMMMnWW',
    'nnnnnnvv',
  ],
  'belt-motor': [
    'vnMMMMMn',
    'wnmmmmMn',
    'wnmNNmMn',
    'vnmNNmMn',
    'WnmmmmMn',
    'WnMMMMMn',
    'nnMMMMnn',
    'nnnnnnnn',
  ],
};

/** Open and closed, on what is behind: `*`. */
const claws = {
  open: ['***kk***', '***kk***', '**NyyN**', '*NMMMMN*', 'NM*NN*MN', 'NM****MN', '*NM**MN*', '********'],
  closed: ['***kk***', '***kk***', '**NyyN**', '*NMMMMN*', '*NMNNMN*', '*NM**MN*', '*NM**MN*', '**N**N**'],
} as const;
const cable = Array.from({ length: CELL }, () => '***kk***');

/** Outline, light, paint, dark, tape. */
const parcels = {
  small: ['********', '********', '********', '*444444*', '*41LL24*', '*42LL24*', '*432234*', '*444444*'],
  large: ['44444444', '411LL114', '422LL224', '422LL224', '42222224', '42222234', '43333334', '44444444'],
} as const;
const held = ['*444444*', '*41LL24*', '*42LL24*', '*432234*', '*444444*', '********', '********', '********'];
const stuck = {
  small: ['********', '***44***', '**4114**', '*41LL24*', '*42LL24*', '**4334**', '***44***', '********'],
  large: ['***44***', '**4114**', '*411L24*', '411LL224', '42LL2224', '*422234*', '**4334**', '***44***'],
} as const;

/** Behind what waits in the chute. */
const chute = [
  'NddddddN',
  'NddddddN',
  'NddddddN',
  'NddddddN',
  'NddddddN',
  'NddddddN',
  'NddddddN',
  'NyykkyyN',
];

const binTop = [
  '********',
  '44444444',
  '4k1k1k14',
  '41111114',
  '42222224',
  '42222234',
  '42222234',
  '42222234',
];
const binBody = [
  '42222234',
  '42222234',
  '42222234',
  '42222234',
  '42222234',
  '42222234',
  '43333334',
  '44444444',
];

const blank = Array.from({ length: CELL }, () => 'DDDDDDDD');
/** What the display shows beside digits. */
const signs: Readonly<Record<string, readonly string[]>> = {
  'belt sign-runs': [
    'DDDDDDDD',
    'DDGDDDDD',
    'DDGGDDDD',
    'DDGGGDDD',
    'DDGGGGDD',
    'DDGGGDDD',
    'DDGGDDDD',
    'DDGDDDDD',
  ],
  'belt sign-stands': [
    'DDDDDDDD',
    'DDDDDDDD',
    'DLLDLLDD',
    'DLLDLLDD',
    'DLLDLLDD',
    'DLLDLLDD',
    'DDDDDDDD',
    'DDDDDDDD',
  ],
  'belt sign-jammed': [
    'DDDRRDDD',
    'DDDRRDDD',
    'DDRLLRDD',
    'DDRLLRDD',
    'DRRLLRRD',
    'DRRRRRRD',
    'RRRLLRRR',
    'RRRRRRRR',
  ],
  sorted: ['DDDDDDDD', 'DDDDDDGD', 'DDDDDGGD', 'DGDDGGDD', 'DGGGGDDD', 'DDGGDDDD', 'DDDDDDDD', 'DDDDDDDD'],
  wrong: ['DDDDDDDD', 'DRDDDRDD', 'DRRDRRDD', 'DDRRRDDD', 'DDRRRDDD', 'DRRDRRDD', 'DRDDDRDD', 'DDDDDDDD'],
  display: blank,
};

/** `top` over `below`, seen through where it is `*`. */
const over = (below: readonly string[], top: readonly string[]): string[] =>
  top.map((row, y) => row.replace(/\*/g, (_, x: number) => below[y]![x]!));

/** A digit in the middle of a cell. */
const withDigit = (below: readonly string[], digit: number): string[] => {
  const rows = ['********', ...digits[digit]!.map((row) => `***${row}**`), '********', '********'];
  return over(below, rows);
};

/** Pictures of the belt: rollers that turn, tape that moves to the right by two pixels a frame. */
function beltRows(phase: number, end: 'left' | 'middle' | 'right'): string[] {
  const tape = Array.from({ length: CELL }, (_, x) => ((x - 2 * phase + CELL) % CELL < 2 ? 'B' : 'b')).join(
    '',
  );
  const rows = ['kkkkkkkk', tape, tape, 'kkkkkkkk', 'MnnMMnnM', 'nNNnnNNn', 'MnnMMnnM', 'NNNNNNNN'];
  const cap = (row: string, y: number): string =>
    end === 'left' && y < 4 ? `k${row.slice(1)}` : end === 'right' ? `${row.slice(0, 6)}yk` : row;
  return rows.map(cap);
}

function draw(look: LookName): PatchPictures {
  const painter = new PatchPainter(CELL, palettes.get(look)!);
  for (const [name, rows] of Object.entries({ ...scenery, ...signs })) painter.patch(name, rows);
  for (const [behind, rows] of Object.entries({ wall, window: windowed })) {
    painter.patch(`cable on ${behind}`, over(rows, cable));
    for (const [state, claw] of Object.entries(claws))
      painter.patch(`claw-${state} on ${behind}`, over(rows, claw));
  }
  for (let phase = 0; phase < PHASES; phase++) {
    for (const end of ['left', 'middle', 'right'] as const)
      painter.patch(`belt-${end} ${phase}`, beltRows(phase, end));
  }
  for (const [kind, colour] of kinds.entries()) {
    const paint = kindPaints[kind]!;
    painter.patch(`${colour} bin-top`, over(wall, binTop), paint);
    for (let count = 0; count <= BIN_CAPACITY; count++) {
      painter.patch(`${colour} bin ${count}`, withDigit(binBody, count), paint);
    }
    for (const [size, name] of sizes.entries()) {
      const parcel = parcelName({ kind, size, isStuck: false });
      painter.patch(`${parcel}-lying on wall`, over(wall, parcels[name]), paint);
      painter.patch(`${parcel}-stuck on wall`, over(wall, stuck[name]), paint);
      painter.patch(`${parcel}-waiting on chute`, over(chute, parcels[name]), paint);
      if (name === 'small') painter.patch(`${parcel}-held on wall`, over(wall, held), paint);
    }
  }
  for (let digit = 0; digit < 10; digit++) painter.patch(`digit ${digit}`, withDigit(blank, digit));
  return painter.pictures;
}

/** The pictures of each look by name. */
export const art: ReadonlyMap<LookName, PatchPictures> = new Map(lookNames.map((look) => [look, draw(look)]));
