import { digits } from '../patches/digits.js';
import { PatchPainter, turned } from '../patches/patch_art.js';

/** Figures of the speed, 8x8. */
const speeds: Readonly<Record<string, readonly string[]>> = {
  back: ['DDDDDDDD', 'DLLLLDDD', 'DLDDDLDD', 'DLDDDLDD', 'DLLLLDDD', 'DLDLDDDD', 'DLDDLDDD', 'DDDDDDDD'],
  0: ['DDDDDDDD', 'DDLLLDDD', 'DLDDDLDD', 'DLDDDLDD', 'DLDDDLDD', 'DLDDDLDD', 'DDLLLDDD', 'DDDDDDDD'],
  1: ['DDDDDDDD', 'DDDGDDDD', 'DDGGDDDD', 'DDDGDDDD', 'DDDGDDDD', 'DDDGDDDD', 'DDGGGDDD', 'DDDDDDDD'],
  2: ['DDDDDDDD', 'DDYYYDDD', 'DYDDDYDD', 'DDDDDYDD', 'DDDYYDDD', 'DDYDDDDD', 'DYYYYYDD', 'DDDDDDDD'],
};

/** A needle that points east. */
const needle = [
  'DDDDDDDD',
  'DddddLDD',
  'DddddLLD',
  'DLLLLLLL',
  'DLLLLLLL',
  'DddddLLD',
  'DddddLDD',
  'DDDDDDDD',
];

/** A dented car, before the number of collisions. */
const crash = [
  'DDDDDDDD',
  'DDDOODFD',
  'DDOLLODD',
  'DOOOOFDF',
  'DOOOOODD',
  'DOOOOOFD',
  'DKDDDKDD',
  'DDDDDDDD',
];

/** Pictures of the two rows under the view. */
export function drawDashboard(painter: PatchPainter): void {
  for (const [speed, rows] of Object.entries(speeds)) {
    painter.sprite(rows, (cell) => `speed-${speed} ${cell + 1}`);
  }
  for (const [turn, heading] of ['east', 'south', 'west', 'north'].entries()) {
    painter.sprite(turned(needle, turn), (cell) => `compass-${heading} ${cell + 1}`);
  }
  painter.sprite(crash, (cell) => `crashes-${cell + 1}`);
  digits.forEach((rows, digit) => {
    const drawn = ['DDDD', ...rows.map((row) => `${row.replaceAll('*', 'D')}D`), 'DDDD', 'DDDD'];
    painter.sprite(drawn, (cell) => `digit-${digit} ${cell + 1}`);
  });
  painter.patch('dashboard', ['DDDD', 'DDDD', 'DDDD', 'DDDD']);
  painter.patch('fine', ['DDDD', 'DRRD', 'DRRD', 'DDDD']);
  painter.patch('no fine', ['DDDD', 'DddD', 'DddD', 'DDDD']);
  painter.patch('light ahead-none', ['DDDD', 'dDDd', 'dDDd', 'DDDD']);
  for (const [light, colour] of [
    ['red', 'R'],
    ['yellow', 'Y'],
    ['green', 'G'],
  ] as const) {
    const row = colour.repeat(4);
    painter.patch(`light ahead-${light}`, ['DDDD', row, row, 'DDDD']);
  }
  // The clock of the traffic lights: a bar that grows by a pixel a frame.
  for (let filled = 0; filled <= 4; filled++) {
    const row = 'B'.repeat(filled).padEnd(4, 'd');
    painter.patch(`clock-${filled}`, ['DDDD', row, row, 'DDDD']);
  }
}
