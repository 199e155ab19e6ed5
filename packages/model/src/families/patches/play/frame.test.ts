import type { Executor, Program, TensorSpec, VariableStore } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import { createNodeOnnxExecutor, createReferenceExecutor } from '@snowglobe/runtime';
import { randomData } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { noPreference, oneActionLogits } from '../../../actions/choose_action.js';
import type { WorldModel } from '../../../family/family.js';
import { isPlayState, lastFrame } from '../../../family/state.js';
import { freshness } from '../../../memory/cells.js';
import { MapMemory } from '../../../memory/map/map_memory.js';
import { PoseMemory } from '../../../memory/pose/pose_memory.js';
import { packPairs } from '../config/adjacency.js';
import type { MapConfig, PoseConfig } from '../config/config.js';
import { cellCount, mapGeometry, poseGeometry } from '../config/config.js';
import { parsePatchesConfig } from '../config/parse.js';
import { presets } from '../config/presets.js';
import { patchesModel } from '../patches_model.js';
import { backgroundName, codebookName } from '../tokenizer/patches.js';

const { poses, map: _, ...micro } = presets.micro;
const shared = {
  ...{ width: 21, height: 23, fps: 8 },
  ...micro,
  dynamics: { width: 16, layers: 2, heads: 2 },
  refinementSteps: 3,
  grid: { size: 4, top: 2, left: 1 },
  codebook: 11,
  view: { top: 0, left: 0, rows: 4, columns: 5 },
  actions: 4,
};
const config: MapConfig = {
  ...shared,
  motions: [
    [0, 0],
    [0, 1],
    [0, -1],
    [-1, 0],
  ],
  map: { rows: 8, columns: 9 },
};
const byPose: PoseConfig = {
  ...shared,
  poses: {
    ...poses,
    ...{ frames: 12, leadsElsewhere: false },
    motions: [
      [0, 0, 0],
      [1, 0, 0],
      [-1, 0, 0],
      [0, 0, 1],
    ],
  },
};
/** Every third pair of patches is never seen. */
const pairs = packPairs(
  Uint8Array.from({ length: shared.codebook ** 2 }, (_unused, pair) => +(pair % 3 > 0)),
);
const adjacency = { right: pairs, below: pairs };
const model = patchesModel(config);
/** The same with actions that are read off video. */
const latent = patchesModel({
  ...config,
  latentActions: {
    ...{ cell: 7, looks: [], free: [], effects: [] },
    codes: ['rest', 'motion 1', 'motion 2', 'motion 3'],
  },
});
/** The same that can be told events. */
const told = patchesModel(config).learningEvents!(['night falls', 'day breaks']);
/** The same in which things move. */
const moving = patchesModel({ ...config, movers: [[1, 2, 3], [4], [6, 7]] });
/** The same in which some patches go together. */
const fitting = patchesModel({ ...config, adjacency });
const kinds = [
  ['a map', model],
  ['a map and things that move', moving],
  ['a map and patches that go together', fitting],
  ['a memory by pose', patchesModel(byPose)],
  ['a memory by pose and patches that go together', patchesModel({ ...byPose, adjacency })],
] as const;
const cells = cellCount(config);

/** Weights that are large enough for different frames to come out; state as a session begins with. */
function weightOf(name: string, spec: TensorSpec): Float32Array {
  const seed = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7);
  const data = randomData(spec, seed) as Float32Array;
  if (name === backgroundName) return data.fill(0);
  return name === codebookName ? data : data.map((x) => x * (name.startsWith('motion/') ? 0.3 : 0.8));
}

interface Opened {
  readonly program: Program;
  readonly store: VariableStore;
}

async function open(executor: Executor, prompts: readonly number[], of: WorldModel = model): Promise<Opened> {
  const graph = of.frameGraph({ batch: prompts.length });
  const store = executor.createStore();
  const shape = [1, config.height, config.width, 3];
  const frames = prompts.flatMap((seed) => [...(randomData({ shape, dtype: 'f32' }, seed) as Float32Array)]);
  const state = of.initialState(graph.variables, Float32Array.from(frames));
  for (const [name, spec] of graph.variables) {
    store.write(name, spec, isPlayState(name) ? state.get(name)! : weightOf(name, spec));
  }
  return { program: await executor.compile(graph, { store }), store };
}

interface PlayOptions {
  readonly temperature?: number;
  readonly confidenceThreshold?: number;
  readonly of?: WorldModel;
  /** What is told in a frame; by default nothing. */
  readonly tell?: (frame: number) => string | undefined;
  /** What is wanted in a frame; by default one action after the other. */
  readonly want?: (frame: number) => Float32Array;
}

async function play(
  { program }: Opened,
  steps: number,
  seeds: readonly number[],
  {
    temperature = 1,
    confidenceThreshold = 0.05,
    of = model,
    want = (frame) => oneActionLogits(frame % config.actions, model.actions),
    tell,
  }: PlayOptions = {},
) {
  const frames: Record<string, number[]>[] = [];
  for (let t = 0; t < steps; t++) {
    const actionLogits = seeds.map(() => want(t));
    const run = await program.run(
      of.frameInputs(t, actionLogits, {
        ...{ seeds, temperature, confidenceThreshold },
        ...(tell && { told: seeds.map(() => tell(t)) }),
      }),
    );
    frames.push(Object.fromEntries(Object.entries(run).map(([name, data]) => [name, [...data]])));
  }
  return frames;
}

describe('a frame of patches', () => {
  it.each(kinds)('with %s is the same on ONNX as on the reference, to the last pixel', async (_name, of) => {
    const [a, b] = [createReferenceExecutor(), createNodeOnnxExecutor({ threads: 1 })];
    const reference = await play(await open(a, [5], of), 8, [3], { of });
    const onnx = await play(await open(b, [5], of), 8, [3], { of });
    reference.forEach((frame, t) => {
      for (const name of ['codes', 'motion', 'frame', 'hint', 'recalled', 'views', 'ways', 'stood']) {
        expect(onnx[t]![name]).toEqual(frame[name]);
      }
    });
    expect(new Set(reference.map(({ codes }) => String(codes))).size).toBeGreaterThan(4);
    expect(new Set(reference.map(({ motion }) => String(motion))).size).toBeGreaterThan(1);
  });

  it('is drawn of patches alone, and looks up what a map of its codes remembers', async () => {
    const opened = await open(createNodeOnnxExecutor({ threads: 1 }), [5]);
    const frames = await play(opened, 25, [4]);
    const book = (await opened.store.read(codebookName)) as Float32Array;
    const { size, top, left } = config.grid;
    const map = new MapMemory(mapGeometry(config));
    let last = frames[0]!['last']!.map((code) => code - 1);
    frames.forEach(({ codes, hint, freshness: fresh, ages, motion, frame }) => {
      map.see(last);
      const known = map.move(motion![0]!);
      expect(hint).toEqual([...known.codes]);
      expect(fresh).toEqual([...known.freshness]);
      expect(ages).toEqual([...known.ages]);
      last = codes!;
      codes!.forEach((code, cell) => {
        const [row, column] = [Math.floor(cell / 5), cell % 5];
        const pixel = ((top + row * size + 1) * config.width + left + column * size + 2) * 3;
        expect(frame!.slice(pixel, pixel + 3)).toEqual([...book.slice(code * 48 + 18, code * 48 + 21)]);
      });
    });
    const all = frames.flatMap((each) => each['freshness']!);
    for (const kind of Object.values(freshness)) expect(all).toContain(kind);
  });

  it('does a latent action that is asked for, and of its own accord what it finds likely', async () => {
    const runs = [];
    for (const executor of [createReferenceExecutor(), createNodeOnnxExecutor({ threads: 1 })]) {
      const opened = await open(executor, [5], latent);
      const asked = await play(opened, 6, [3], { of: latent });
      const free = await play(opened, 12, [3], { of: latent, want: () => noPreference(latent.actions) });
      runs.push([...asked, ...free].map(({ action, codes }) => [action!.indexOf(1), String(codes)]));
    }
    expect(runs[1]).toEqual(runs[0]);
    const actions = runs[0]!.map(([action]) => action);
    expect(actions.slice(0, 6)).toEqual([0, 1, 2, 3, 0, 1]);
    expect(new Set(actions.slice(6)).size).toBeGreaterThan(1);
  });

  it('does what it is told on all executors alike, and else what it did', async () => {
    const night = (frame: number) => (frame === 2 ? 'night falls' : undefined);
    const runs = [];
    for (const executor of [createReferenceExecutor(), createNodeOnnxExecutor({ threads: 1 })]) {
      const before = await play(await open(executor, [5]), 6, [3]);
      const untold = await play(await open(executor, [5], told), 6, [3], { of: told });
      expect(untold).toEqual(before);
      const opened = await open(executor, [5], told);
      const after = await play(opened, 6, [3], { of: told, tell: night });
      expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
      expect(after[2]!['codes']).not.toEqual(before[2]!['codes']);
      // Until something was learned of events, they change nothing.
      const name = 'dynamics/events/told/weight';
      const fresh = await open(executor, [5], told);
      const weight = (await fresh.store.read(name)) as Float32Array;
      fresh.store.write(name, fresh.store.spec(name), weight.fill(0));
      expect(await play(fresh, 6, [3], { of: told, tell: night })).toEqual(before);
      runs.push(after.map(({ codes }) => String(codes)));
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(model.events).toBeUndefined();
    expect(told.events).toEqual(['day breaks', 'night falls']);
    expect(model.learningEvents!([]).config).toEqual(config);
    const more = told.learningEvents!(['the night breaks', 'it rains', 'night falls']);
    expect(more.config).toMatchObject({
      events: {
        sentences: ['day breaks', 'night falls', 'it rains', 'the night breaks'],
        vocabulary: ['day', 'breaks', 'night', 'falls', 'rains'],
      },
    });
  });

  it('moves things whole, in their places alone, and not at temperature 0', async () => {
    const frames = await play(await open(createNodeOnnxExecutor({ threads: 1 }), [5], moving), 12, [3], {
      of: moving,
    });
    const before = await play(await open(createNodeOnnxExecutor({ threads: 1 }), [5]), 12, [3]);
    expect(frames.map(({ codes }) => codes)).not.toEqual(before.map(({ codes }) => codes));
    const cold = await play(await open(createReferenceExecutor(), [5], moving), 6, [3], {
      ...{ of: moving, temperature: 0 },
    });
    expect(cold).toEqual(await play(await open(createReferenceExecutor(), [5]), 6, [3], { temperature: 0 }));
    const movers = (each: readonly (readonly number[])[]) => () =>
      patchesModel(parsePatchesConfig({ ...config, movers: each }));
    expect(movers([[1], [2, 1]])).toThrow(/movers.* must name each patch once/);
    expect(movers([[11]])).toThrow(/movers must be patches of the codebook/);
  });

  it('draws nothing but the likeliest patches within the view where tails are cut off, and at its edges any if things last', async () => {
    const [seeds, mover] = [[...Array(64).keys()], 10];
    /** Cells that come out in several ways, movers aside, in a first frame in which the view stands. */
    const drawn = async (lasting?: readonly number[]) => {
      const of = patchesModel({
        ...config,
        refinementSteps: 1,
        movers: [[mover]],
        ...(lasting && { lasting }),
      });
      const opened = await open(
        createNodeOnnxExecutor({ threads: 1 }),
        seeds.map(() => 5),
        of,
      );
      const [frame] = await play(opened, 1, seeds, {
        ...{ of, confidenceThreshold: 1 },
        want: () => oneActionLogits(0, of.actions),
      });
      const { codes, freshness: known, motion } = frame!;
      const still = seeds.filter((b) => motion![b] === 0);
      expect(still.length).toBeGreaterThan(8);
      const ways = (cell: number): number => {
        const shown = still.map((b) => codes![b * cells + cell]!);
        return new Set(shown.filter((code) => code !== mover)).size;
      };
      expect(known!.slice(still[0]! * cells).slice(0, cells)).toEqual(Array(cells).fill(freshness.last));
      return [...Array(cells).keys()].filter((cell) => ways(cell) > 1);
    };
    const isEdge = (cell: number): boolean => {
      const [row, column] = [Math.floor(cell / 5), cell % 5];
      return row < 4 && (row % 3 === 0 || column % 4 === 0);
    };
    expect(await drawn()).toEqual([]);
    const atEdges = await drawn([0]);
    expect(atEdges.length).toBeGreaterThan(6);
    expect(atEdges.every(isEdge)).toBe(true);
  });

  it('recalls what a memory by pose of its codes does', async () => {
    const opened = await open(createNodeOnnxExecutor({ threads: 1 }), [5], patchesModel(byPose));
    const frames = await play(opened, 30, [4]);
    const memory = new PoseMemory(poseGeometry(byPose));
    const codesOf = (frame: number): number[] =>
      frame < 0 ? new Array<number>(cells).fill(0) : frames[frame]!['last']!;
    frames.forEach((frame, t) => {
      memory.see(t);
      const { ways, stood } = memory.surroundings();
      expect(frame['ways']).toEqual([...ways].flatMap(codesOf));
      expect(frame['stood']).toEqual([...stood]);
      const { same, recalled, views } = memory.move(frame['motion']![0]!);
      expect(frame['hint']).toEqual([...codesOf(same).slice(0, 20), ...frame['last']!.slice(20)]);
      expect(frame['recalled']).toEqual([...recalled].flatMap(codesOf));
      expect(frame['views']).toEqual([...views]);
    });
    const all = frames.flatMap((each) => each['freshness']!);
    for (const kind of Object.values(freshness)) expect(all).toContain(kind);
    expect(frames.flatMap((each) => each['recalled']!).some((code) => code > 0)).toBe(true);
  });

  it('remembers nothing beyond the last frame where its memory is switched off', async () => {
    const control = model.controls!()['memory']!;
    expect(control.stateBytes()).toBeLessThan(model.stateBytes());
    const graph = control.frameGraph();
    const { store } = await open(createReferenceExecutor(), [5]);
    const executor = createReferenceExecutor();
    const own = executor.createStore();
    for (const [name, spec] of graph.variables) {
      const fresh = isPlayState(name) && name !== lastFrame;
      own.write(name, spec, fresh ? new Int32Array(sizeOf(spec.shape)) : await store.read(name));
    }
    const program = await executor.compile(graph, { store: own });
    const frames = await play({ program, store: own }, 25, [4]);
    expect(frames.flatMap((each) => each['freshness']!)).not.toContain(freshness.earlier);
    expect(control.controls!()).toEqual({});
    const { memory, recall } = patchesModel(byPose).controls!();
    expect(memory!.stateBytes()).toBeLessThan(patchesModel(byPose).stateBytes());
    const weightsOf = ({ frameGraph }: WorldModel) =>
      [...frameGraph().variables]
        .filter(([name]) => !isPlayState(name))
        .map(([name, { shape }]) => [name, shape]);
    expect(weightsOf(recall!)).toEqual(weightsOf(patchesModel(byPose)));
  });

  it.each([model, moving])('of worlds side by side is that of each alone (%#)', async (of) => {
    const executor = createNodeOnnxExecutor({ threads: 1 });
    const together = await play(await open(executor, [5, 6], of), 6, [3, 9], { of });
    const alone = await Promise.all([
      play(await open(executor, [5], of), 6, [3], { of }),
      play(await open(executor, [6], of), 6, [9], { of }),
    ]);
    together.forEach(({ codes }, t) => {
      expect(codes).toEqual(alone.flatMap((frames) => frames[t]!['codes']!));
    });
    expect(String(alone[0]![5]!['codes'])).not.toBe(String(alone[1]![5]!['codes']));
  });

  it('begins with the nearest patches of a prompt, whatever it shows', async () => {
    const opened = await open(createReferenceExecutor(), [77]);
    const book = (await opened.store.read(codebookName)) as Float32Array;
    const prompt = (await opened.store.read(lastFrame)) as Float32Array;
    const [first] = await play(opened, 1, [1], { temperature: 0 });
    const { size, top, left } = config.grid;
    first!['last']!.forEach((code, cell) => {
      const [row, column] = [Math.floor(cell / 5), cell % 5];
      const distances = Array.from({ length: config.codebook }, (_, k) => {
        let sum = 0;
        for (let i = 0; i < size * size * 3; i++) {
          const [y, x] = [Math.floor(i / (size * 3)), i % (size * 3)];
          const at = ((top + row * size + y) * config.width + left + column * size) * 3 + x;
          sum += (prompt[at]! - book[k * size * size * 3 + i]!) ** 2;
        }
        return sum;
      });
      expect(code - 1).toBe(distances.indexOf(Math.min(...distances)));
    });
    expect(first!['last']).toHaveLength(cells);
  });
});
