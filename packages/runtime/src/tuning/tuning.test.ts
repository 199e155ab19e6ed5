import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { GraphBuilder } from '@snowglobe/graph';
import type { OpNode, Executor } from '@snowglobe/graph';
import type { ShaderVariant } from '@snowglobe/kernels';
import { kernelOf, matmul, pointwise } from '@snowglobe/kernels';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { devicesUnderTest } from '../testing/executors.js';
import { openBestDevice } from '../devices/node/index.js';
import { createReferenceExecutor } from '../reference/reference.js';
import { createWebgpuExecutor } from '../webgpu/index.js';
import { nodeKey, variantChecksum } from './key.js';
import { findTuning, shippedTunings } from './node/find_tuning.js';
import { tuningFiles } from './node/tuning_files.js';
import { tuneGraph } from './tune.js';
import type { Tuning, TuningEntry } from './tuning.js';
import { chooseTuned, emptyTuning, parseTuning, withEntries } from './tuning.js';

const device = { name: 'Some GPU', driver: 'driver 1' };

function product(m = 8): { graph: ReturnType<GraphBuilder['build']>; node: OpNode } {
  const builder = new GraphBuilder();
  const y = matmul(builder.input('a', [m, 16]), builder.input('b', [16, 8]));
  builder.output('y', pointwise.gelu(y));
  const graph = builder.build();
  return { graph, node: graph.nodes.find((each): each is OpNode => each.kind === 'op')! };
}

const variant = (name: string, code = name): ShaderVariant => ({
  name,
  build: () => ({ passes: [{ label: name, code, bindings: [], workgroups: [1, 1, 1] }] }),
});

const entryFor = (node: OpNode, chosen: ShaderVariant, all: readonly ShaderVariant[]): TuningEntry => ({
  key: nodeKey(node),
  variant: chosen.name,
  checksum: variantChecksum(chosen, all),
  ms: 1,
  defaultVariant: all[0]!.name,
  defaultMs: 2,
});

describe('chooseTuned', () => {
  const { node } = product();
  const variants = [variant('first'), variant('second')];
  const choose = chooseTuned({ entries: [entryFor(node, variants[1]!, variants)] });

  it('takes what was found for the same op in the same shape', () => {
    expect(choose(node, variants).name).toBe('second');
    expect(choose(product(9).node, variants).name).toBe('first');
  });

  it('falls back when a shader changed, a variant came, or it is gone', () => {
    expect(choose(node, [variants[0]!, variant('second', 'other code')]).name).toBe('first');
    expect(choose(node, [...variants, variant('third')]).name).toBe('first');
    expect(choose(node, [variants[0]!, variant('third')]).name).toBe('first');
  });
});

describe('a tuning', () => {
  const { node } = product();
  const all = [variant('first'), variant('second')];
  const entry = entryFor(node, all[1]!, all);
  const tuning: Tuning = withEntries(emptyTuning(device), [entry]);

  it('keeps one entry a key, the newest', () => {
    const newer = { ...entry, ms: 0.5 };
    expect(withEntries(tuning, [newer]).entries).toEqual([newer]);
  });

  it('is refused when it was tampered with or belongs to another adapter', () => {
    expect(parseTuning(JSON.parse(JSON.stringify(tuning)), 'file', device)).toEqual(tuning);
    const parse = (changes: object) => () => parseTuning({ ...tuning, ...changes }, 'file', device);
    expect(parse({ adapter: 'Other' })).toThrow(/measured on 'Other' .* run snowglobe tune here/);
    expect(parse({ driver: 'driver 2' })).toThrow(/driver 2/);
    expect(parse({ surprise: 1 })).toThrow(/^file: has the unknown field 'surprise'/);
    expect(parse({ entries: [{ ...entry, checksum: 'x' }] })).toThrow(
      /the field 'entries.0.checksum' must match/,
    );
    expect(parse({ entries: [{ ...entry, ms: -1 }] })).toThrow(/the field 'entries.0.ms' must be/);
  });

  it('never ends in anything but a tuning or a sentence, whatever a file holds', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom('entries', 'version', 'adapter', 'format'),
        (value, field) => {
          for (const each of [value, { ...tuning, [field]: value }]) {
            try {
              parseTuning(each, 'file', device);
            } catch (error) {
              expect((error as Error).name).toBe('SnowglobeError');
            }
          }
        },
      ),
    );
  });

  describe('in a file', () => {
    const folder = mkdtemp(join(tmpdir(), 'tuning-'));
    afterAll(async () => rm(await folder, { recursive: true }));
    const description = { ...device } as Parameters<ReturnType<typeof tuningFiles>['load']>[0];

    it('comes back as it was, and is missing before', async () => {
      const files = tuningFiles(join(await folder, 'new'));
      expect(await files.load(description)).toBeUndefined();
      await files.save(tuning);
      expect(await files.load(description)).toEqual(tuning);
      expect(files.pathOf('../../Some (GPU)')).toBe(join(await folder, 'new', 'Some-GPU.json'));
    });

    it('is refused with its path when it is damaged', async () => {
      const files = tuningFiles(await folder);
      await files.save(tuning);
      const path = files.pathOf(device.name);
      const text = await readFile(path, 'utf8');
      await writeFile(path, text.slice(0, -20));
      await expect(files.load(description)).rejects.toThrow(`${path}: it is no JSON (`);
      await writeFile(path, text.replace('"second"', '"no such/name"'));
      await expect(files.load(description)).rejects.toThrow(/the field 'entries.0.variant' /);
    });
  });
});

describe('tunings that come with the program', () => {
  const { node } = product();
  const all = [variant('first'), variant('second')];
  const entry = entryFor(node, all[1]!, all);
  const description = { ...device } as Parameters<typeof findTuning>[0];
  const folder = mkdtemp(join(tmpdir(), 'shipped-'));
  afterAll(async () => rm(await folder, { recursive: true }));

  it('serve where nothing was measured, and give way to what was', async () => {
    const [own, shipped] = [join(await folder, 'own'), join(await folder, 'shipped')].map((each) =>
      tuningFiles(each),
    );
    const find = () => findTuning(description, [own!, shipped!]);
    expect(await find()).toEqual({ tuning: undefined, notes: [] });
    const other = { ...entry, key: 'another kernel' };
    await shipped!.save(withEntries(emptyTuning(device), [entry, other]));
    expect((await find()).tuning?.entries).toEqual([entry, other]);
    await own!.save(withEntries(emptyTuning(device), [{ ...entry, variant: 'first' }]));
    expect((await find()).tuning?.entries.map(({ variant: name }) => name)).toEqual(['first', 'second']);
  });

  it('are left out with a note when they were tampered with, and are without effect when shaders changed', async () => {
    const files = tuningFiles(join(await folder, 'tampered'));
    await files.save(withEntries(emptyTuning(device), [entry]));
    const { tuning } = await findTuning(description, [files]);
    expect(chooseTuned(tuning!)(node, all).name).toBe('second');
    expect(chooseTuned(tuning!)(node, [all[0]!, variant('second', 'other code')]).name).toBe('first');
    const path = files.pathOf(device.name);
    await writeFile(path, (await readFile(path, 'utf8')).replace(entry.checksum, 'not a checksum'));
    const found = await findTuning(description, [files]);
    expect(found.tuning).toBeUndefined();
    expect(found.notes).toEqual([
      expect.stringContaining(`${path}: the field 'entries.0.checksum' must match`),
    ]);
    await files.save({ ...withEntries(emptyTuning(device), [entry]), driver: 'driver 0' });
    expect((await findTuning(description, [files])).notes).toEqual([expect.stringContaining('driver 0')]);
  });

  it('are all valid, and name kernels and variants that there are', async () => {
    const folderOfShipped = dirname(shippedTunings().pathOf('any'));
    const names = await readdir(folderOfShipped);
    expect(names).toContain('SwiftShader-Device-Subzero.json');
    for (const name of names) {
      const value = JSON.parse(await readFile(join(folderOfShipped, name), 'utf8')) as Tuning;
      const parsed = parseTuning(value, name, { name: value.adapter, driver: value.driver });
      expect(basename(shippedTunings().pathOf(parsed.adapter))).toBe(name);
      expect(parsed.entries.length).toBeGreaterThan(0);
    }
  });
});

describe('tuneGraph', () => {
  it('times what is right and leaves out what is wrong or refused', async () => {
    const [opened] = await devicesUnderTest();
    if (!opened) return;
    const { graph, node } = product(40);
    const kernel = kernelOf(node.op);
    const original = kernel.webgpu;
    const spoil = (each: ShaderVariant, name: string, change: (code: string) => string): ShaderVariant => ({
      name,
      build: () => {
        const program = each.build();
        return { passes: program.passes.map((pass) => ({ ...pass, code: change(pass.code) })) };
      },
    });
    const spoiled = (context: Parameters<typeof original>[0]) => {
      const variants = original(context);
      return [
        ...variants,
        spoil(variants[0]!, 'wrong', (code) => code.replace('let x = value', 'let x = value + 1.0')),
        spoil(variants[0]!, 'broken', (code) => `${code}\nthis is no WGSL`),
      ];
    };
    Object.assign(kernel, { webgpu: spoiled });
    try {
      const [tuned, ...rest] = await tuneGraph(opened, graph);
      expect(rest).toEqual([]);
      const dropped = Object.fromEntries(tuned!.tried.map((each) => [each.variant, each.dropped]));
      expect(dropped['wrong']).toMatch(/^wrong: off by/);
      expect(dropped['broken']).toMatch(/^refused: .*matmul.*the device refuses the shader/s);
      const raced = tuned!.tried.filter((each) => !each.dropped);
      const best = raced.find(({ variant: name }) => name === tuned!.entry.variant)!;
      expect(best.ms).toBeLessThan(2 * Math.min(...raced.map(({ ms }) => ms!)));

      const chosen: string[] = [];
      const choose = chooseTuned({ entries: [tuned!.entry] });
      const executor = createWebgpuExecutor(opened, {
        chooseVariant: (each, variants) => {
          const result = choose(each, variants);
          if (each.op === node.op) chosen.push(result.name);
          return result;
        },
      });
      await (await executor.compile(graph)).close();
      expect(chosen).toEqual([best.variant]);
      // The matmul and its activation are one node where they run, and that is what was tuned.
      expect(tuned!.entry.key).toContain('"activation":"gelu"');
      expect(await tuneGraph(opened, graph, { known: new Set([tuned!.entry.key]) })).toEqual([]);
    } finally {
      Object.assign(kernel, { webgpu: original });
    }
  });

  it('ends with a sentence when the device is lost, which is no verdict on a variant', async () => {
    const { opened } = await openBestDevice();
    if (!opened) return;
    const { graph, node } = product(41);
    const kernel = kernelOf(node.op);
    const original = kernel.webgpu;
    let built = 0;
    const losing = (context: Parameters<typeof original>[0]) =>
      original(context).map((each, index) => ({
        ...each,
        build: () => {
          if (index === 1 && built++ === 0) opened.device.destroy();
          return each.build();
        },
      }));
    Object.assign(kernel, { webgpu: losing });
    const found: unknown[] = [];
    try {
      const tuning = tuneGraph(opened, graph, { onTuned: (each) => found.push(each) });
      await expect(tuning).rejects.toThrow(
        /^tune: device '.+' was lost at variant .+ of matmul, after 0 kernels/,
      );
      expect(found).toEqual([]);
    } finally {
      Object.assign(kernel, { webgpu: original });
      opened.close();
    }
  });

  it('leaves a kernel alone that nothing independent can check, and asks the oracle where there is one', async () => {
    const [opened] = await devicesUnderTest();
    if (!opened) return;
    const builder = new GraphBuilder();
    builder.output('y', matmul(builder.input('a', [512, 600]), builder.input('b', [600, 512])));
    const graph = builder.build();
    const kernel = kernelOf(graph.nodes.find((each): each is OpNode => each.kind === 'op')!.op);
    const original = kernel.webgpu;
    expect(await tuneGraph(opened, graph)).toEqual([]);
    const wrong = createReferenceExecutor();
    const oracle: Executor = {
      ...wrong,
      compile: async () => ({
        ...(await wrong.compile(graph)),
        run: async () => ({ y0: new Float32Array(512 * 512).fill(1) }),
        close: async () => {},
      }),
    };
    // Two of them are enough: software adapters compile for seconds.
    const few: typeof original = (context) => original(context).slice(0, 2);
    Object.assign(kernel, { webgpu: few });
    try {
      // Every variant differs from a wrong oracle: none is taken for the truth.
      expect(await tuneGraph(opened, graph, { oracle })).toEqual([]);
    } finally {
      Object.assign(kernel, { webgpu: original });
    }
  });
});
