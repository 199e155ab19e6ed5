import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Legend } from '../legend/legend.js';
import { parseLegend } from '../legend/legend.js';
import { cellLegend, cellRulesJson } from '../testing/cell_game.js';
import { parseRules } from './rules.js';

/** Crafter's words, each with a picture that nobody looks at. */
function crafterLegend(): Legend {
  const grounds = [
    'water',
    'grass',
    'stone',
    'path',
    'sand',
    'tree',
    'lava',
    'coal',
    'iron',
    'diamond',
    'table',
    'furnace',
  ];
  const things = ['cow', 'zombie', 'skeleton', 'plant', 'plant-ripe', 'arrow-left'];
  const players = ['left', 'right', 'up', 'down', 'sleep'].map((face) => `player-${face}`);
  const items = ['health', 'food', 'drink', 'energy', 'sapling', 'wood', 'stone', 'coal', 'iron', 'diamond'];
  const tools = ['wood', 'stone', 'iron'].flatMap((kind) => [`${kind}_pickaxe`, `${kind}_sword`]);
  const names = [
    ...grounds.flatMap((ground) => [ground, `${ground}, asleep`]),
    ...[...things, ...players].map((thing) => `${thing} on grass`),
    ...[...items, ...tools].map((item) => `${item} 1`),
  ];
  const picture = btoa('\0'.repeat(3));
  const grid = { cell: 1, rows: 9, columns: 9, viewRows: 7, player: { row: 3, column: 4 } };
  return parseLegend({ ...grid, names: Object.fromEntries(names.map((name) => [name, picture])) }, 'crafter');
}

it("Crafter's rules are rules in Crafter's words", () => {
  const text = readFileSync(new URL('../../rules/crafter.json', import.meta.url), 'utf8');
  const rules = parseRules(JSON.parse(text), 'crafter.json', crafterLegend());
  expect(rules.effects.filter(({ chance }) => !chance)).toHaveLength(16);
  expect(new Set(rules.effects.map(({ name }) => name)).size).toBe(rules.effects.length);
});

it('a word that the legend has not is refused, with those that it has', () => {
  const wrong = (change: object, message: RegExp) =>
    expect(() => parseRules({ ...cellRulesJson, ...change }, 'r.json', cellLegend)).toThrow(message);
  wrong(
    { walkable: ['lawn'] },
    /r\.json: walkable names the ground 'lawn', which the legend has not; it has grass/,
  );
  wrong({ things: ['dragon'] }, /things names the thing 'dragon'/);
  wrong({ byItself: { hunger: [-1] } }, /byItself names the item 'hunger'/);
  wrong({ effects: [{ name: 'a', action: 'do', gives: { gold: 1 } }] }, /effect 'a' names the item 'gold'/);
  wrong(
    { moves: { fly: { by: [0, -1], faces: 'sky' } } },
    /'fly' faces 'sky', and the legend has no player-sky/,
  );
  wrong({ effects: [{ name: 'a', action: 'do', give: {} }] }, /give/);
  wrong({ version: 2 }, /version/);
});
