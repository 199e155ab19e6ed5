/** A world that a page opened itself, drawn by `createPlayer`: the frames of Node, on whatever the page computes with. */
import { fileURLToPath } from 'node:url';
import type { CanvasPlayer, CreatePlayerOptions } from '@snowglobe/element/player';
import type { WorldFile } from '@snowglobe/model';
import { encodeWorld } from '@snowglobe/model';
import { World, createNodeOnnxExecutor } from '@snowglobe/runtime';
import type { OpenWorldOptions } from '@snowglobe/runtime/browser';
import { untrainedPatches, untrainedWorld } from '@snowglobe/runtime/testing';
import * as esbuild from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { useEmbedded } from './embedded.js';

const embedded = useEmbedded();
const frameCount = 6;
const pixels = Array.from({ length: 8 * 8 * 4 }, (_, i) => (i * 37) % 256);
const begin = { seed: 7, temperature: 0 } as const;

interface Module {
  createPlayer(options: CreatePlayerOptions): Promise<CanvasPlayer>;
  openWorld(address: string, options: OpenWorldOptions): Promise<{ readonly world: World }>;
  loadOnnxRuntime: NonNullable<OpenWorldOptions['loadOnnxRuntime']>;
}

/** What an application makes of its own script that imports these. */
async function bundleOf(script: string): Promise<string> {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: script, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    ...{ bundle: true, write: false, minify: true, format: 'esm', platform: 'browser', target: 'es2023' },
    conditions: ['@snowglobe/source'],
    loader: { '.wgsl': 'text' },
    external: ['/element/*'],
    logLevel: 'error',
  });
  return outputFiles[0]!.text;
}

const scripts = new Map<string, string>();
beforeAll(async () => {
  const open = `import { openWorld } from '@snowglobe/runtime/browser';`;
  const tell = `
    const loadOnnxRuntime = async () => {
      const runtime = await import('/element/ort/ort.wasm.min.js');
      runtime.env.wasm.wasmPaths = new URL('/element/ort/', location.href).href;
      return runtime;
    };
    Object.assign(globalThis, { openWorld, createPlayer, loadOnnxRuntime });`;
  for (const [name, from] of [
    ['one bundle', '@snowglobe/element/player'],
    ['the file of the element', '/element/create_player.js'],
  ] as const) {
    scripts.set(name, await bundleOf(`${open} import { createPlayer } from '${from}'; ${tell}`));
  }
}, 120_000);

interface Seen {
  readonly actions: readonly string[];
  readonly codes: readonly (readonly number[])[];
  readonly drawn: readonly (readonly number[])[];
}

/** The same session in Node. */
async function inNode(file: WorldFile): Promise<Seen> {
  const world = await World.create(file, 'w', async () => createNodeOnnxExecutor({ threads: 1 }));
  const prompt = { width: 8, height: 8, data: Uint8Array.from(pixels) };
  const session = await world.start({ ...begin, prompt });
  const { names } = world.actions;
  const actions = Array.from({ length: frameCount }, (_, i) => names[(i * 7 + 1) % names.length]!);
  const seen: { codes: number[][]; drawn: number[][] } = { codes: [], drawn: [] };
  for (const action of actions) {
    const { codes, rgba } = await session.step(action, { codes: true });
    seen.codes.push([...codes!]);
    seen.drawn.push([...rgba]);
  }
  await world.close();
  return { actions, ...seen };
}

const worlds = {
  tiles: untrainedPatches('map'),
  painted: untrainedWorld(),
} satisfies Record<string, WorldFile>;

test.each([
  ['tiles', 'one bundle', 'webgpu', 'OffscreenCanvas', true],
  ['tiles', 'the file of the element', 'onnx', 'canvas', false],
  ['painted', 'the file of the element', 'webgpu', 'canvas', false],
  ['painted', 'one bundle', 'onnx', 'OffscreenCanvas', false],
] as const)('a world of %s, from %s, on %s, drawn on %s', async (kind, script, executor, surface, isLent) => {
  const file = worlds[kind];
  const expected = await inNode(file);
  const { page, complaints } = await embedded.visit('/none');
  await page.route('**/own/given.safetensors', (route) =>
    route.fulfill({ body: Buffer.from(encodeWorld(file)) }),
  );
  await page.addScriptTag({ type: 'module', content: scripts.get(script)! });
  await page.waitForFunction(() => 'openWorld' in globalThis);
  const seen = await page.evaluate(
    async ({ executor, surface, isLent, begin, pixels, actions }) => {
      const { createPlayer, loadOnnxRuntime, openWorld } = globalThis as unknown as Module;
      const device = isLent ? await (await navigator.gpu.requestAdapter())!.requestDevice() : undefined;
      const { world } = await openWorld(new URL('/own/given.safetensors', location.href).href, {
        ...{ executor, loadOnnxRuntime },
        ...(device && { device }),
      });
      const canvas = surface === 'canvas' ? document.createElement('canvas') : new OffscreenCanvas(1, 1);
      const prompt = { width: 8, height: 8, data: Uint8Array.from(pixels) };
      let frames = 0;
      const player = await createPlayer({
        ...{ world, prompt, canvas, ...begin, clock: 'manual' },
        onFrame: () => frames++,
      });
      const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
      const drawn: number[][] = [];
      const codes: (number[] | undefined)[] = [];
      for (const action of actions) {
        const frame = await player.step(action);
        codes.push(frame.codes && [...frame.codes]);
        drawn.push([...context.getImageData(0, 0, canvas.width, canvas.height).data]);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
      const told = { place: player.place, world: player.replay().world, frames };
      const refused = await player.step('fly').catch((error: Error) => error.message);
      await player.goTo(2);
      const back = [...context.getImageData(0, 0, canvas.width, canvas.height).data];
      player.destroy();
      // It stays its owner's: another player begins on it, and ends with it.
      const other = await createPlayer({ world, prompt, ...begin, clock: 'manual' });
      const again = [...(await other.step(actions[0]!)).rgba];
      await world.close();
      const after = await other.step(actions[0]!).catch((error: Error) => error.message);
      other.destroy();
      const lost = device
        ? await Promise.race([device.lost.then(() => 'lost'), Promise.resolve('lives')])
        : '';
      return { codes, drawn, told, refused, back, again, after, lost };
    },
    { executor, surface, isLent, begin, pixels, actions: expected.actions },
  );
  expect(seen.told).toEqual({
    ...{ place: executor === 'webgpu' ? 'gpu' : 'cpu', world: 'given', frames: 1 + frameCount },
  });
  if (kind === 'tiles') {
    expect(seen.codes).toEqual(expected.codes);
    expect(seen.drawn).toEqual(expected.drawn);
  } else {
    // Floats are rounded in another way than by the machine's own code.
    const worst = seen.drawn.flatMap((frame, i) =>
      frame.map((value, at) => Math.abs(value - expected.drawn[i]![at]!)),
    );
    expect(worst).toHaveLength(frameCount * 32 * 32 * 4);
    expect(worst.reduce((most, each) => Math.max(most, each), 0)).toBeLessThanOrEqual(2);
  }
  expect(new Set(expected.codes.map(String)).size).toBeGreaterThan(2);
  expect(seen.back).toEqual(seen.drawn[1]);
  expect(seen.again).toEqual(seen.drawn[0]);
  expect(seen.refused).toMatch(/knows no 'fly'/);
  expect(seen.after).toMatch(/closed/);
  expect(seen.lost).toBe(isLent ? 'lives' : '');
  expect(page.workers()).toEqual([]);
  // This test's own readings are what Chromium remarks on.
  expect(complaints.filter((each) => !each.includes('willReadFrequently'))).toEqual([]);
});
