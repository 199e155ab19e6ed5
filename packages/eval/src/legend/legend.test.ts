import { expect, it } from 'vitest';
import { CellGame, cellLegend, cellLegendJson } from '../testing/cell_game.js';
import { parseLegend } from './legend.js';
import { cellReader } from './read_cells.js';

const size = { width: 36, height: 36 };

it('names say thing, variant, ground, look and count', () => {
  const { cell, rows, columns, viewRows, player } = cellLegendJson;
  const picture = Object.values(cellLegendJson.names)[0]!;
  const names = ['zombie on grass', 'player-left on sand, asleep', 'water', 'tree, asleep', 'iron_sword 9'];
  const json = {
    cell,
    rows,
    columns,
    viewRows,
    player,
    names: Object.fromEntries(names.map((name) => [name, picture])),
  };
  expect(parseLegend(json, 'legend').meanings).toEqual([
    { kind: 'place', thing: 'zombie', ground: 'grass', look: '' },
    { kind: 'place', thing: 'player', variant: 'left', ground: 'sand', look: 'asleep' },
    { kind: 'place', ground: 'water', look: '' },
    { kind: 'place', ground: 'tree', look: 'asleep' },
    { kind: 'count', item: 'iron_sword', count: 9 },
  ]);
});

it('refuses a legend that does not fit itself', () => {
  const wrong = (change: object, message: RegExp) =>
    expect(() => parseLegend({ ...cellLegendJson, ...change }, 'a.json')).toThrow(message);
  wrong({ names: { grass: 'AAAA' } }, /a\.json: 'grass' has 3 bytes, and a cell of 4x4 has 48/);
  wrong({ names: {} }, /names no picture/);
  wrong({ player: { row: 7, column: 0 } }, /player at row 7/);
  wrong({ cell: 0 }, /cell/);
  wrong({ names: { grass: '%' } }, /names/);
});

it('reads what a game draws exactly, and what it does not draw as the nearest', () => {
  const game = new CellGame(3);
  const read = cellReader(cellLegend, size);
  const frame = game.frame();
  const { codes, inexact } = read(frame);
  expect(inexact).toBe(0);
  const name = (row: number, column: number) => cellLegend.names[codes[row * 9 + column]!];
  expect(name(3, 4)).toBe('player-down on grass');
  expect([0, 1, 2, 3].map((column) => name(7, column))).toEqual(['nothing', 'nothing', 'nothing', 'drink 9']);
  const noisy = frame.map((byte, i) => Math.max(0, Math.min(255, byte + ((i * 7919) % 31) - 15)));
  const again = read(noisy);
  expect(again.inexact).toBe(81);
  expect([...again.codes]).toEqual([...codes]);
});

it('refuses frames without room for its cells', () => {
  expect(() => cellReader(cellLegend, { width: 32, height: 36 })).toThrow(
    /no room for the legend's 9x9 cells of 4/,
  );
});
