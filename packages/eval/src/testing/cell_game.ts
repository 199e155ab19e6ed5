/**
 * A small game of cells for tests: meadow, water, trees, stone, cows, wood and thirst, drawn by a legend, with the rules that
 * `cellRules` states. What a world does wrong can be asked for, so that a test sees whether it is found.
 */
import type { Label, Recordings } from '@snowglobe/model';
import { generatorFor } from '@snowglobe/model';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { Legend } from '../legend/legend.js';
import { parseLegend } from '../legend/legend.js';
import type { Rules } from '../rules/rules.js';
import { parseRules } from '../rules/rules.js';

const [cell, rows, columns, viewRows] = [4, 9, 9, 7] as const;
const side = 9 * cell;
const grounds = ['grass', 'water', 'tree', 'stone', 'table', 'path'] as const;
type Ground = (typeof grounds)[number];
const items = ['wood', 'stone', 'pickaxe', 'drink'] as const;
type Item = (typeof items)[number];
const faces = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] } as const;
type Facing = keyof typeof faces;

export const cellActions = [
  'noop',
  'left',
  'right',
  'up',
  'down',
  'do',
  'place_table',
  'make_pickaxe',
] as const;
type Action = (typeof cellActions)[number];

function cellNames(): string[] {
  const things = ['cow', ...Object.keys(faces).map((face) => `player-${face}`)];
  return [
    ...grounds,
    ...things.flatMap((thing) => grounds.map((ground) => `${thing} on ${ground}`)),
    'nothing',
    ...items.flatMap((item) => Array.from({ length: 9 }, (_, i) => `${item} ${i + 1}`)),
  ];
}

/** A picture of noise a name. */
export const cellLegendJson = {
  ...{ cell, rows, columns, viewRows, player: { row: 3, column: 4 } },
  names: Object.fromEntries(
    cellNames().map((name) => {
      const random = generatorFor(1, name);
      const bytes = Array.from({ length: cell * cell * 3 }, () => uniformInt(random, 0, 255));
      return [name, btoa(String.fromCharCode(...bytes))];
    }),
  ),
};

export const cellRulesJson = {
  ...{ format: 'snowglobe-rules', version: 1, idle: 'noop', player: 'player' },
  moves: Object.fromEntries(Object.entries(faces).map(([name, by]) => [name, { by: [...by], faces: name }])),
  ...{ walkable: ['grass', 'path'], things: ['cow'], most: 9, byItself: { drink: [-1] } },
  effects: [
    { name: 'wood', action: 'do', facing: ['tree'], gives: { wood: 1 }, becomes: 'grass' },
    { name: 'drink', action: 'do', facing: ['water'], gives: { drink: 1 } },
    {
      name: 'stone',
      action: 'do',
      facing: ['stone'],
      needs: { pickaxe: 1 },
      gives: { stone: 1 },
      becomes: 'path',
    },
    { name: 'table', action: 'place_table', facing: ['grass'], takes: { wood: 2 }, becomes: 'table' },
    { name: 'pickaxe', action: 'make_pickaxe', near: ['table'], takes: { wood: 1 }, gives: { pickaxe: 1 } },
  ],
};

export const cellLegend: Legend = parseLegend(cellLegendJson, 'legend');
export const cellRules: Rules = parseRules(cellRulesJson, 'rules', cellLegend);

/** What a world does wrong: how likely each is in a frame where it can be. */
export interface Faults {
  /** Walks where nothing can be walked on. */
  readonly walkThrough?: number;
  /** Places tables and makes pickaxes for nothing. */
  readonly forFree?: number;
  /** What has to come does not. */
  readonly fails?: number;
  readonly losesCow?: number;
  /** Cells never come back as they were. */
  readonly forgets?: boolean;
  /** Keys have an effect so many frames later. */
  readonly late?: number;
}

/** The size of the land, whose border is water. */
const land = 40;

export class CellGame {
  private readonly ground = new Map<string, Ground>();
  private readonly cows: { x: number; y: number }[] = [];
  private readonly has: Record<Item, number> = { wood: 0, stone: 0, pickaxe: 0, drink: 9 };
  private readonly random;
  private facing: Facing = 'down';
  private x = land / 2;
  private y = land / 2;
  private thirst = 0;
  private readonly queue: Action[] = [];

  constructor(
    seed: number,
    public faults: Faults = {},
  ) {
    this.random = generatorFor(seed, 'cell game');
    for (let y = 0; y < land; y++)
      for (let x = 0; x < land; x++) this.ground.set(`${x},${y}`, this.newGround(x, y));
    this.ground.set(`${this.x},${this.y}`, 'grass');
    for (let i = 0; i < 60; i++) {
      const cow = { x: uniformInt(this.random, 1, land - 2), y: uniformInt(this.random, 1, land - 2) };
      if (this.isFree(cow.x, cow.y)) this.cows.push(cow);
    }
  }

  step(asked: Action): void {
    this.queue.push(asked);
    const action = this.queue.length > (this.faults.late ?? 0) ? this.queue.shift()! : 'noop';
    this.act(action);
    for (const cow of this.cows) {
      const [dx, dy] = Object.values(faces)[uniformInt(this.random, 0, 3)]!;
      if (uniformFloat64(this.random) < 0.3 && this.isFree(cow.x + dx, cow.y + dy)) {
        cow.x += dx;
        cow.y += dy;
      }
    }
    if (this.happens('losesCow')) {
      const at = this.cows.findIndex((cow) => Math.abs(cow.x - this.x) < 2 && Math.abs(cow.y - this.y) < 2);
      if (at >= 0) this.cows.splice(at, 1);
    }
    if (++this.thirst % 25 === 0) this.has.drink = Math.max(0, this.has.drink - 1);
  }

  private act(action: Action): void {
    const move = action in faces ? (action as Facing) : undefined;
    if (move) {
      this.facing = move;
      const [dx, dy] = faces[move];
      const [x, y] = [this.x + dx, this.y + dy];
      if (!this.isFree(x, y) && !this.happens('walkThrough')) return;
      [this.x, this.y] = [x, y];
      if (this.faults.forgets) this.forget();
      return;
    }
    if (action === 'noop' || this.happens('fails')) return;
    const [dx, dy] = faces[this.facing];
    const ahead = `${this.x + dx},${this.y + dy}`;
    const ground = this.groundAt(this.x + dx, this.y + dy);
    if (action !== 'make_pickaxe' && this.cows.some((cow) => `${cow.x},${cow.y}` === ahead)) return;
    const free = this.happens('forFree');
    const gain = (item: Item, by: number): void =>
      void (this.has[item] = Math.max(0, Math.min(9, this.has[item] + by)));
    if (action === 'do' && ground === 'tree') (gain('wood', 1), this.ground.set(ahead, 'grass'));
    if (action === 'do' && ground === 'water') gain('drink', 1);
    if (action === 'do' && ground === 'stone' && this.has.pickaxe > 0)
      (gain('stone', 1), this.ground.set(ahead, 'path'));
    if (action === 'place_table' && ground === 'grass' && (free || this.has.wood >= 2)) {
      gain('wood', -2);
      this.ground.set(ahead, 'table');
    }
    const near = [-1, 0, 1].some((y) =>
      [-1, 0, 1].some((x) => this.groundAt(this.x + x, this.y + y) === 'table'),
    );
    if (action === 'make_pickaxe' && (free || (near && this.has.wood >= 1)))
      (gain('wood', -1), gain('pickaxe', 1));
  }

  /** (side, side, 3) RGB bytes. */
  frame(): Uint8Array {
    const frame = new Uint8Array(side * side * 3);
    const draw = (name: string, row: number, column: number): void => {
      const picture = cellLegend.pictures[cellLegend.names.indexOf(name)]!;
      for (let y = 0; y < cell; y++) {
        frame.set(
          picture.subarray(y * cell * 3, (y + 1) * cell * 3),
          ((row * cell + y) * side + column * cell) * 3,
        );
      }
    };
    for (let row = 0; row < viewRows; row++) {
      for (let column = 0; column < columns; column++) {
        const [x, y] = [this.x + column - 4, this.y + row - 3];
        const ground = this.groundAt(x, y);
        const isPlayer = x === this.x && y === this.y;
        const thing = isPlayer
          ? `player-${this.facing}`
          : this.cows.some((cow) => cow.x === x && cow.y === y)
            ? 'cow'
            : '';
        draw(thing === '' ? ground : `${thing} on ${ground}`, row, column);
      }
    }
    for (let place = 0; place < (rows - viewRows) * columns; place++) {
      const item = items[place];
      const count = item ? this.has[item] : 0;
      draw(
        count > 0 ? `${item} ${count}` : 'nothing',
        viewRows + Math.floor(place / columns),
        place % columns,
      );
    }
    return frame;
  }

  /** What is out of sight is made anew. */
  private forget(): void {
    for (let y = 0; y < land; y++) {
      for (let x = 0; x < land; x++) {
        if (Math.abs(x - this.x) > 4 || Math.abs(y - this.y) > 3)
          this.ground.set(`${x},${y}`, this.newGround(x, y));
      }
    }
  }

  private newGround(x: number, y: number): Ground {
    if (x < 1 || y < 1 || x > land - 2 || y > land - 2) return 'water';
    const kind = uniformFloat64(this.random);
    return kind < 0.7 ? 'grass' : kind < 0.78 ? 'water' : kind < 0.92 ? 'tree' : 'stone';
  }

  private groundAt(x: number, y: number): Ground {
    return this.ground.get(`${x},${y}`) ?? 'water';
  }

  private isFree(x: number, y: number): boolean {
    const ground = this.groundAt(x, y);
    const isWalkable = ground === 'grass' || ground === 'path';
    return (
      isWalkable && !(x === this.x && y === this.y) && !this.cows.some((cow) => cow.x === x && cow.y === y)
    );
  }

  private happens(fault: 'walkThrough' | 'forFree' | 'fails' | 'losesCow'): boolean {
    const likely = this.faults[fault];
    return likely !== undefined && uniformFloat64(this.random) < likely;
  }
}

/** Recordings of the game: players who hold keys, try things and, in half of the clips, walk back the way they came. */
export function cellRecordings(clips: number, frames: number): Recordings {
  const played = Array.from({ length: clips }, (_, seed) => {
    const game = new CellGame(seed);
    const actions = seed % 4 < 2 ? tries(seed, frames) : outAndBack(seed, frames);
    const shown = [game.frame()];
    for (const action of actions) {
      game.step(action);
      shown.push(game.frame());
    }
    return { shown, actions: actions.map((action) => cellActions.indexOf(action)) };
  });
  return recordingsOf(played);
}

interface Played {
  readonly shown: readonly Uint8Array[];
  readonly actions: readonly number[];
}

function recordingsOf(played: readonly Played[]): Recordings {
  return {
    ...{ width: side, height: side, actionNames: cellActions },
    clips: played.map(({ shown }, i) => ({ name: `clip ${i}`, frames: shown.length, hasActions: true })),
    totalFrames: played.reduce((sum, { shown }) => sum + shown.length, 0),
    frames(clip, start, count) {
      const all = new Uint8Array(count * side * side * 3);
      played[clip]!.shown.slice(start, start + count).forEach((frame, i) => all.set(frame, i * frame.length));
      return all;
    },
    actions: (clip, start, count): Label[] =>
      Array.from({ length: count }, (_, t) => played[clip]!.actions[start + t]),
    subset: (some) => recordingsOf(some.map((clip) => played[clip]!)),
    sampleWindows: () => {
      throw new Error('not asked for here');
    },
  };
}

function tries(seed: number, frames: number): Action[] {
  const random = generatorFor(seed, 'tries');
  const actions: Action[] = [];
  while (actions.length < frames - 1) {
    const action =
      cellActions[uniformInt(random, 0, 9) < 6 ? uniformInt(random, 1, 4) : uniformInt(random, 0, 7)]!;
    const times =
      action in faces ? uniformInt(random, 1, 4) : action === 'noop' ? 12 : uniformInt(random, 1, 2);
    for (let i = 0; i < times; i++) actions.push(action);
    if (action in faces) actions.push('do');
  }
  return actions.slice(0, frames - 1);
}

/** Back and forth over cells that are free, so that the way back is the way. */
function outAndBack(seed: number, frames: number): Action[] {
  const random = generatorFor(seed, 'out and back');
  const actions: Action[] = [];
  while (actions.length < frames - 1) {
    const [out, back] = (uniformInt(random, 0, 1) === 0 ? ['left', 'right'] : ['up', 'down']) as [
      Action,
      Action,
    ];
    const far = uniformInt(random, 8, 14);
    for (let i = 0; i < far; i++) actions.push(out);
    for (let i = 0; i < far; i++) actions.push(back);
  }
  return actions.slice(0, frames - 1);
}
