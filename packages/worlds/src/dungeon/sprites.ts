import { CHEST, KEY, OPEN_CHEST, STAIR, TORCH } from './cells.js';
import { parseSprite, type Rgb, type Sprite } from '../canvas.js';
import type { SpriteSize } from './view.js';

const chestColours = { d: '#3a2412', b: '#8a5a2c', l: '#b47a3c', m: '#d8b84c', k: '#1c1410' };

const sprites: Readonly<Record<number, Sprite>> = {
  [CHEST]: parseSprite(
    [
      '                ',
      '                ',
      '                ',
      '                ',
      '  dddddddddddd  ',
      ' dllllllllllllld',
      ' dlbblbblbblbbld',
      'dllbblbblbblbbld',
      'dmmmmmmkkmmmmmmd',
      'dbbbbbmkkmbbbbbd',
      'dblbbbmmmmbbblbd',
      'dbbbbbbbbbbbbbbd',
      'dblbbbbbbbbbblbd',
      'dbbbbbbbbbbbbbbd',
      'dddddddddddddddd',
      '                ',
    ],
    chestColours,
  ),
  [OPEN_CHEST]: parseSprite(
    [
      '  dddddddddddd  ',
      ' dllllllllllllld',
      ' dlbblbblbblbbld',
      ' ddddddddddddddd',
      ' dkkkkkkkkkkkkkd',
      ' dkkkkkkkkkkkkkd',
      'dkkkkkkkkkkkkkkd',
      'dkkkkkkkkkkkkkkd',
      'dmmmmmmmmmmmmmmd',
      'dbbbbbbbbbbbbbbd',
      'dblbbbbbbbbbblbd',
      'dbbbbbbbbbbbbbbd',
      'dblbbbbbbbbbblbd',
      'dbbbbbbbbbbbbbbd',
      'dddddddddddddddd',
      '                ',
    ],
    chestColours,
  ),
  [STAIR]: parseSprite(
    [
      'ssssssssssssssss',
      's00000000000000s',
      's00000000000000s',
      's11110000000000s',
      's11110000000000s',
      's22221111000000s',
      's22221111000000s',
      's33332222111100s',
      's33332222111100s',
      's44443333222211s',
      's44443333222211s',
      's55554444333322s',
      's55554444333322s',
      's55554444333322s',
      's55554444333322s',
      'ssssssssssssssss',
    ],
    {
      s: '#b8b8c8',
      '0': '#08080c',
      '1': '#202028',
      '2': '#3c3c48',
      '3': '#585868',
      '4': '#747488',
      '5': '#9090a4',
    },
  ),
  [KEY]: parseSprite(
    [
      '                ',
      '                ',
      '                ',
      '                ',
      '                ',
      '                ',
      '                ',
      '                ',
      '  yyyy          ',
      ' yyooyy         ',
      ' yo  oyyyyyyyyy ',
      ' yo  oyyyyyyyyy ',
      ' yyooyy   yy yy ',
      '  yyyy    yy yy ',
      '                ',
      '                ',
    ],
    { y: '#ffe060', o: '#b08820' },
  ),
  [TORCH]: parseSprite(
    [
      '                ',
      '       ww       ',
      '      wyyw      ',
      '      yyyy      ',
      '     yyrryy     ',
      '     yrrrry     ',
      '      rrrr      ',
      '      kkkk      ',
      '     kkkkkk     ',
      '      kbbk      ',
      '       bb       ',
      '       bb       ',
      '       bb       ',
      '       bb       ',
      '       kk       ',
      '                ',
    ],
    { w: '#fff8d0', y: '#ffd048', r: '#f07020', k: '#2c2420', b: '#7c5028' },
  ),
};

/** The colour of a pixel of what stands in a cell; undefined where it is see-through, or nothing stands there. */
export function spriteColour(cell: number, size: SpriteSize, x: number, y: number): Rgb | undefined {
  const sprite = sprites[cell];
  if (!sprite) return undefined;
  // Smaller ones are every second or fourth pixel, from the middle of each group.
  const step = 16 / size;
  const [column, row] = [x * step + (step >> 1), y * step + (step >> 1)];
  const index = sprite.pixels[row * 16 + column]!;
  return index < 0 ? undefined : sprite.colours[index];
}
