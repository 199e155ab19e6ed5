import type { Graph, Tensor } from '@snowglobe/graph';
import { GraphBuilder, SnowglobeError } from '@snowglobe/graph';
import { matmul, pointwise, reshape, scatterRows, sum } from '@snowglobe/kernels';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBestDevice } from '../devices/node/discover.js';
import type { OpenDevice } from '../devices/device.js';
import { createReferenceExecutor } from '../reference/reference.js';
import { expectClose } from '../testing/compare.js';
import { randomData } from '../testing/random.js';
import type { WebgpuExecutor } from './executor.js';
import { createWebgpuExecutor } from './executor.js';

/** npm has a software driver for this platform, so there is always a device. */
const hasDevice = process.platform === 'linux' && process.arch === 'x64';

async function openDevice(): Promise<OpenDevice> {
  return (await openBestDevice()).opened!;
}

/** y = gelu(x w) + b; the weights move toward zero and a counter counts. */
function smallGraph(rows = 6): Graph {
  const builder = new GraphBuilder();
  const x = builder.input('x', [rows, 8]);
  const w = builder.variable('w', [8, 4]);
  const b = builder.variable('b', [4]);
  const steps = builder.variable('steps', []);
  const y = pointwise.add(pointwise.gelu(matmul(x, w)), b);
  builder.output('y', y);
  builder.output('sum', reshape(sum(y), [1, 1]));
  builder.assign(w, pointwise.mul(w, 0.5));
  builder.assign(steps, pointwise.add(steps, 1));
  return builder.build();
}

const w = { shape: [8, 4], dtype: 'f32' } as const;

test.runIf(hasDevice)('executors that share a device watch it once', async () => {
  const opened = await openDevice();
  const { device } = opened;
  let watching = 0;
  const listen = device.addEventListener.bind(device) as (...parts: unknown[]) => void;
  device.addEventListener = (...parts: unknown[]) => {
    watching++;
    listen(...parts);
  };
  const executors = Array.from({ length: 20 }, () => createWebgpuExecutor(opened));
  expect(watching).toBe(1);
  await executors[0]!.close();
  const message = /was closed; open it again/;
  await expect(executors[19]!.compile(smallGraph())).rejects.toThrow(message);
});

describe.runIf(hasDevice)('webgpu executor', () => {
  let opened: OpenDevice;
  let executor: WebgpuExecutor;
  beforeAll(async () => {
    opened = await openDevice();
    executor = createWebgpuExecutor(opened);
  });
  afterAll(() => executor.close());

  test('outputs and assigned variables agree with the reference over several runs', async () => {
    const graph = smallGraph();
    const reference = createReferenceExecutor();
    const programs = [];
    for (const each of [executor, reference]) {
      const store = each.createStore();
      store.write('w', w, randomData(w, 3));
      programs.push(await each.compile(graph, { store }));
    }
    const [actual, expected] = programs as [(typeof programs)[0], (typeof programs)[0]];
    expect(actual.stats).toMatchObject({ submitsPerRun: 1 });
    expect(actual.stats.dispatchesPerRun).toBeGreaterThan(0);
    for (let run = 0; run < 3; run++) {
      const x = randomData({ shape: [6, 8], dtype: 'f32' }, run);
      const [a, e] = [await actual.run({ x }), await expected.run({ x })];
      for (const name of ['y', 'sum']) expectClose(`run ${run}, ${name}`, a[name]!, e[name]!);
    }
    expectClose('w', await actual.store.read('w'), await expected.store.read('w'));
    expect(await actual.store.read('steps')).toEqual(Float32Array.of(3));
  });

  test('runs under way together are serialised, and writes to variables keep their place among them', async () => {
    const store = executor.createStore();
    const spec = { shape: [], dtype: 'f32' } as const;
    const builder = new GraphBuilder();
    const counter = builder.variable('counter', []);
    const next = pointwise.add(counter, builder.input('by', []));
    builder.assign(counter, next);
    builder.output('counter', next);
    const program = await executor.compile(builder.build(), { store });
    const runs = Array.from({ length: 10 }, (_, i) => program.run({ by: Float32Array.of(i) }));
    store.write('counter', spec, Float32Array.of(1000));
    const value = store.read('counter');
    runs.push(program.run({ by: Float32Array.of(1) }));
    const results = (await Promise.all(runs)).map((result) => result['counter']![0]);
    expect(results).toEqual([0, 1, 3, 6, 10, 15, 21, 28, 36, 45, 1001]);
    expect(await value).toEqual(Float32Array.of(1000));
  });

  test('programs share variables and pipelines', async () => {
    const store = executor.createStore();
    store.write('w', w, new Float32Array(32).fill(1));
    await executor.compile(smallGraph(), { store });
    const pipelines = executor.pipelineCount;
    const program = await executor.compile(smallGraph(), { store });
    expect(executor.pipelineCount).toBe(pipelines);
    await program.run({ x: new Float32Array(48) }, []);
    expect(await store.read('w')).toEqual(new Float32Array(32).fill(0.5));
    expect(store.names()).toEqual(['w', 'steps']);
  });

  test('only the outputs asked for come back', async () => {
    const program = await executor.compile(smallGraph());
    const x = new Float32Array(48);
    expect(Object.keys(await program.run({ x }, ['sum']))).toEqual(['sum']);
    expect(await program.run({ x }, [])).toEqual({});
    await expect(program.run({ x }, ['z'])).rejects.toThrow("no output 'z'");
  });

  test('variables that change places keep their values', async () => {
    const store = executor.createStore();
    const spec = { shape: [2], dtype: 'i32' } as const;
    store.write('a', spec, Int32Array.of(1, 2));
    store.write('b', spec, Int32Array.of(3, 4));
    const builder = new GraphBuilder();
    const [a, b] = [builder.variable('a', [2], 'i32'), builder.variable('b', [2], 'i32')];
    builder.assign(a, b);
    builder.assign(b, a);
    const program = await executor.compile(builder.build(), { store });
    await program.run({});
    expect(await store.read('a')).toEqual(Int32Array.of(3, 4));
    expect(await store.read('b')).toEqual(Int32Array.of(1, 2));
  });

  test('a cache is written in place, and copied where its old value is still read', async () => {
    const graphOf = (readsOld: boolean): Graph => {
      const builder = new GraphBuilder();
      const cache = builder.variable('cache', [256, 16]);
      const next = scatterRows(cache, builder.input('row', [1, 16]), builder.input('at', [1], 'i32'));
      builder.assign(cache, next);
      builder.output('new', sum(next));
      if (readsOld) builder.output('old', sum(cache));
      return builder.build();
    };
    const cacheBytes = 256 * 16 * 4;
    for (const readsOld of [false, true]) {
      const program = await executor.compile(graphOf(readsOld));
      if (readsOld) expect(program.stats.peakBytes).toBeGreaterThanOrEqual(cacheBytes);
      else expect(program.stats.peakBytes).toBeLessThan(cacheBytes);
      for (let run = 0; run < 3; run++) {
        const row = new Float32Array(16).fill(run + 1);
        const result = await program.run({ row, at: Int32Array.of(255 - run) });
        const total = [0, 16, 48, 96];
        expect(result['new']).toEqual(Float32Array.of(total[run + 1]!));
        if (readsOld) expect(result['old']).toEqual(Float32Array.of(total[run]!));
      }
      const cache = await program.store.read('cache');
      expect(cache.subarray(253 * 16)).toEqual(
        Float32Array.from({ length: 48 }, (_, i) => 3 - Math.floor(i / 16)),
      );
      expect(cache.subarray(0, 253 * 16).every((value) => value === 0)).toBe(true);
    }
  });

  test('wrong inputs are refused before anything runs', async () => {
    const program = await executor.compile(smallGraph());
    await expect(program.run({})).rejects.toThrow("input 'x' (6, 8) is missing");
    await expect(program.run({ x: new Int32Array(48) })).rejects.toThrow('a Int32Array was given');
    await program.close();
    await expect(program.run({ x: new Float32Array(48) })).rejects.toThrow('the program is closed');
  });

  test('a store of another executor is refused', async () => {
    const store = createReferenceExecutor().createStore();
    await expect(executor.compile(smallGraph(), { store })).rejects.toThrow('belongs to another executor');
  });

  test('a tensor beyond a limit is refused with the limit and its value', async () => {
    const limits = { ...opened.capabilities.limits, maxComputeWorkgroupsPerDimension: 2 };
    const builder = new GraphBuilder();
    builder.output('y', pointwise.add(builder.input('x', [2 ** 28, 2 ** 10]), 1));
    const compiling = executor.compile(builder.build());
    await expect(compiling).rejects.toThrow(SnowglobeError);
    await expect(compiling).rejects.toThrow(
      `more than maxStorageBufferBindingSize = ${opened.device.limits.maxStorageBufferBindingSize}`,
    );
    const tight = createWebgpuExecutor({ ...opened, capabilities: { ...opened.capabilities, limits } });
    const ops = [(x: Tensor) => pointwise.exp(x), (x: Tensor) => matmul(x, x)];
    for (const build of ops) {
      const wide = new GraphBuilder();
      wide.output('y', build(wide.input('x', [1024, 1024])));
      await expect(tight.compile(wide.build())).rejects.toThrow(/maxComputeWorkgroupsPerDimension = 2[ ,]/);
    }
  });

  test('a broken shader is reported with the pass and the compiler’s message', async () => {
    const broken = createWebgpuExecutor(opened, {
      chooseVariant: (_, [first]) => ({
        name: 'broken',
        build: () => {
          const program = first!.build();
          return {
            ...program,
            passes: program.passes.map((pass) => ({
              ...pass,
              label: 'tile9x9',
              code: `${pass.code}\nfn oops(`,
            })),
          };
        },
      }),
    });
    const builder = new GraphBuilder();
    const [a, b] = [builder.input('a', [4, 4]), builder.input('b', [4, 4])];
    builder.scope('decoder', () => builder.output('y', matmul(a, b)));
    await expect(broken.compile(builder.build())).rejects.toThrow(
      /decoder\/matmul: tile9x9: the device refuses the shader: .*error: /s,
    );
  });
});

describe.runIf(hasDevice)('a lost device', () => {
  test('rejects pending and later calls with one clear error', async () => {
    const opened = await openDevice();
    const executor = createWebgpuExecutor(opened);
    const program = await executor.compile(smallGraph(256));
    const x = new Float32Array(2048);
    await program.run({ x });
    const pending = [program.run({ x }), program.run({ x }, []), program.store.read('w')];
    opened.device.destroy();
    const settled = await Promise.allSettled(pending);
    const message = /^device '.+' was lost \(destroyed.*\); open it again or move to another one\.$/;
    expect((await executor.lost).message).toMatch(message);
    for (const result of settled) {
      // What was finished before the loss may have arrived.
      if (result.status === 'rejected') expect((result.reason as Error).message).toMatch(message);
    }
    await expect(program.run({ x })).rejects.toThrow(message);
    await expect(executor.compile(smallGraph())).rejects.toThrow(SnowglobeError);
    expect(() => program.store.write('b', { shape: [4], dtype: 'f32' }, new Float32Array(4))).toThrow(
      message,
    );
    opened.close();
  });

  test('closing says so', async () => {
    const executor = createWebgpuExecutor(await openDevice());
    const program = await executor.compile(smallGraph());
    await executor.close();
    await expect(program.run({ x: new Float32Array(48) })).rejects.toThrow(/was closed; open it again/);
  });
});
