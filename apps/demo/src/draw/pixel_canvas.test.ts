import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PixelCanvas, fromHex, paletteOf, toHex } from './pixel_canvas.js';

const black = [0, 0, 0] as const;
const red = [255, 0, 0] as const;
const coordinate = fc.integer({ min: -5, max: 20 });

/** Rows of the picture: `#` where it is red. */
const rows = (canvas: PixelCanvas): string[] =>
  Array.from({ length: canvas.height }, (_, y) =>
    Array.from({ length: canvas.width }, (_, x) => (canvas.colourAt(x, y)[0] === 255 ? '#' : '.')).join(''),
  );

describe('drawing', () => {
  test('dots of every size lie around their point', () => {
    const canvas = new PixelCanvas(6, 4, black);
    canvas.dot(0, 0, 1, red);
    canvas.dot(3, 1, 3, red);
    expect(rows(canvas)).toEqual(['#.###.', '..###.', '..###.', '......']);
  });

  test('a line has no gaps, and both its ends', () => {
    fc.assert(
      fc.property(coordinate, coordinate, coordinate, coordinate, (x0, y0, x1, y1) => {
        const points: [number, number][] = [];
        class Watched extends PixelCanvas {
          override dot(x: number, y: number): void {
            points.push([x, y]);
          }
        }
        new Watched(16, 16, black).line(x0, y0, x1, y1, 1, red);
        expect(points[0]).toEqual([x0, y0]);
        expect(points.at(-1)).toEqual([x1, y1]);
        points.slice(1).forEach(([x, y], i) => {
          expect(Math.max(Math.abs(x - points[i]![0]), Math.abs(y - points[i]![1]))).toBe(1);
        });
        expect(points).toHaveLength(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0)) + 1);
      }),
    );
  });

  test('filling stays inside its outline', () => {
    const canvas = new PixelCanvas(7, 5, black);
    for (const [x0, y0, x1, y1] of [
      [1, 1, 5, 1],
      [5, 1, 5, 3],
      [5, 3, 1, 3],
      [1, 3, 1, 1],
    ] as const)
      canvas.line(x0, y0, x1, y1, 1, red);
    canvas.fill(3, 2, red);
    expect(rows(canvas)).toEqual(['.......', '.#####.', '.#####.', '.#####.', '.......']);
    canvas.fill(99, 0, red);
    canvas.fill(2, 2, red);
    expect(rows(canvas)[0]).toBe('.......');
  });

  test('a large area is filled without a stack', () => {
    const canvas = new PixelCanvas(256, 256, black);
    canvas.fill(0, 0, red);
    expect(canvas.data.filter((_, i) => i % 4 === 0).every((value) => value === 255)).toBe(true);
  });

  test('a picture is taken over, but for the pixels that are to stay', () => {
    const canvas = new PixelCanvas(4, 3, black);
    canvas.paste(
      Uint8ClampedArray.from({ length: 48 }, (_, i) => (i % 4 === 0 ? 255 : 0)),
      {
        ...{ left: 1, top: 0, width: 2, height: 2 },
      },
    );
    expect(rows(canvas)).toEqual(['#..#', '#..#', '####']);
    expect(canvas.data.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);
  });

  test('strokes are taken back one by one, and never more than there were', () => {
    const canvas = new PixelCanvas(3, 1, black);
    for (const x of [0, 1, 2]) {
      canvas.remember();
      canvas.dot(x, 0, 1, red);
    }
    const seen = [rows(canvas)[0]];
    for (let i = 0; i < 4; i++) {
      canvas.undo();
      seen.push(rows(canvas)[0]);
    }
    expect(seen).toEqual(['###', '##.', '#..', '...', '...']);
    expect(canvas.canUndo).toBe(false);
  });
});

describe('colours', () => {
  test('those of a picture, the commonest first, no two alike', () => {
    const data = [
      ...Array.from({ length: 9 }, () => [200, 10, 10]),
      ...Array.from({ length: 3 }, () => [10, 10, 200]),
    ];
    expect(paletteOf(Uint8Array.from(data.flat()), 3, 8)).toEqual([
      [200, 10, 10],
      [10, 10, 200],
    ]);
  });

  test('there and back as people write them', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(fc.tuple(byte, byte, byte), (colour) => {
        expect(fromHex(toHex(colour))).toEqual(colour);
      }),
    );
  });
});
