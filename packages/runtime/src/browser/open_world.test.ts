import { encodeWorld } from '@snowglobe/model';
import ort from 'onnxruntime-node';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openBestDevice } from '../devices/node/discover.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import type { WebOnnxRuntime } from './executors.js';
import { findExecutors } from './executors.js';
import { openExecutor } from './open_executor.js';
import { openWorld } from './open_world.js';

/** ONNX Runtime of Node in place of the browser's: the interface is the same, but for the provider's name. */
const runtime = {
  ...{ Tensor: ort.Tensor, env: { wasm: {} } as WebOnnxRuntime['env'] },
  InferenceSession: {
    create: (model: Uint8Array, options: object) =>
      ort.InferenceSession.create(model, { ...options, executionProviders: ['cpu'] }),
  } as unknown as WebOnnxRuntime['InferenceSession'],
};
const loadOnnxRuntime = async (): Promise<WebOnnxRuntime> => runtime;
const bytes = encodeWorld(untrainedWorld());
const from = (file: Uint8Array) => async () => new Response(file as Uint8Array<ArrayBuffer>);
const prompt = { width: 4, height: 4, data: new Uint8Array(64).fill(128) };

afterEach(() => void vi.unstubAllGlobals());

describe('executors of a browser', () => {
  test('without WebGPU the CPU is chosen, with one thread where the page is not isolated', async () => {
    vi.stubGlobal('crossOriginIsolated', false);
    const { reports } = await findExecutors({ gpu: null, loadOnnxRuntime });
    expect(reports.map(({ kind, available, chosen }) => [kind, available, chosen])).toEqual([
      ['onnx', true, true],
      ['webgpu', false, false],
      ['reference', true, false],
    ]);
    expect(reports[0]!.device).toMatch(/1 thread, as the page is not cross-origin isolated/);
    vi.unstubAllGlobals();
    const { reports: ofProgram } = await findExecutors({ gpu: null, loadOnnxRuntime });
    expect(ofProgram[0]!.device).toMatch(
      /1 thread, as ONNX Runtime for WebAssembly starts threads in browsers only/,
    );
  });

  test('an isolated page uses its cores, but not more than help', async () => {
    vi.stubGlobal('crossOriginIsolated', true);
    vi.stubGlobal('navigator', { hardwareConcurrency: 64 });
    const { reports } = await findExecutors({ gpu: null, loadOnnxRuntime });
    expect(reports[0]!.device).toBe('this CPU, 8 threads');
  });

  test('without WebAssembly SIMD, or without ONNX Runtime, the reason is told', async () => {
    expect((await findExecutors({ gpu: null })).reports.find(({ kind }) => kind === 'onnx')!.reason).toMatch(
      /not part of this page/,
    );
    vi.stubGlobal('WebAssembly', { validate: () => false });
    const found = await findExecutors({ gpu: null, loadOnnxRuntime });
    expect(found.reports.find(({ kind }) => kind === 'onnx')!.reason).toMatch(/no WebAssembly SIMD/);
    await expect(openExecutor('onnx', found, { loadOnnxRuntime })).rejects.toThrow(/no WebAssembly SIMD/);
    await expect(openExecutor('webgpu', found, {})).rejects.toThrow(/no adapter/);
  });
});

describe('a world in a browser', () => {
  test('opens on the CPU and plays, and says what it does meanwhile', async () => {
    const progress: string[] = [];
    const { world, executors } = await openWorld('https://here/w.safetensors', {
      ...{ gpu: null, loadOnnxRuntime, fetch: from(bytes) },
      onProgress: ({ what }) => progress.push(what),
    });
    expect(executors.find(({ chosen }) => chosen)!.kind).toBe('onnx');
    expect(new Set(progress)).toEqual(new Set(['download', 'prepare']));
    expect((await (await world.start({ prompt })).step('right')).index).toBe(1);
    await world.close();
  });

  test('falls back to the next executor, and says why', async () => {
    const { world, executors } = await openWorld('w', {
      gpu: null,
      fetch: from(bytes),
      loadOnnxRuntime: () => Promise.reject(new Error('blocked by an extension')),
    });
    expect(world.executor.kind).toBe('reference');
    expect(executors.find(({ kind }) => kind === 'onnx')!.reason).toMatch(/blocked by an extension/);
    await world.close();
  });

  test('only takes the executor that was asked for', async () => {
    const asked = { gpu: null, executor: 'webgpu', fetch: from(bytes) } as const;
    await expect(openWorld('w', asked)).rejects.toThrow(
      "world: nothing here can run it (webgpu: no adapter was found); use another executor, or openWorld of '@snowglobe/runtime'.",
    );
    vi.stubGlobal('crossOriginIsolated', false);
    await expect(openWorld('w', asked)).rejects.toThrow(
      'world: nothing in this browser can run it (webgpu: no adapter was found); use a current browser.',
    );
  });

  test('a file that is cut off in transit is refused by name', async () => {
    for (const length of [0, 7, 100, bytes.length - 1]) {
      const cut = openWorld('https://here/w.safetensors', {
        loadOnnxRuntime,
        gpu: null,
        fetch: from(bytes.slice(0, length)),
      });
      await expect(cut).rejects.toThrow(/https:\/\/here\/w\.safetensors/);
    }
  });

  test('a GPU that keeps failing is given up, and no frame is lost', async () => {
    // dawn's instance stands in for navigator.gpu.
    const { opened } = await openBestDevice();
    if (!opened) return;
    const devices: GPUDevice[] = [];
    const adapter = {
      info: {
        vendor: 'test',
        architecture: 'gpu',
        device: '',
        description: 'Test GPU',
        isFallbackAdapter: false,
      },
      features: opened.device.features,
      limits: opened.device.limits,
    };
    const gpu = { requestAdapter: async () => ({ ...adapter, requestDevice: async () => device() }) };
    const device = async (): Promise<GPUDevice> => {
      const { opened: next } = await openBestDevice();
      devices.push(next!.device);
      return next!.device;
    };
    const { world } = await openWorld('w', { gpu: gpu as never, loadOnnxRuntime, fetch: from(bytes) });
    expect(world.executor).toMatchObject({ kind: 'webgpu', device: 'Test GPU' });
    const session = await world.start({ prompt });
    const kinds: string[] = [];
    for (let i = 1; i <= 5; i++) {
      devices.at(-1)!.destroy();
      expect((await session.step('right')).index).toBe(i);
      kinds.push(world.executor.kind);
    }
    expect(kinds).toEqual(['webgpu', 'webgpu', 'onnx', 'onnx', 'onnx']);
    await world.close();
    opened.close();
  });
});

describe('a device that was handed in', () => {
  test('is computed on, stays its maker’s, and is not asked for again when it is lost', async () => {
    const { opened } = await openBestDevice();
    if (!opened) return;
    const { device } = opened;
    // One world after the other.
    const frames = [];
    for (let i = 0; i < 2; i++) {
      const { world, executors } = await openWorld('w', {
        ...{ device, loadOnnxRuntime, fetch: from(bytes), executor: 'webgpu' },
      });
      expect(executors.find(({ kind }) => kind === 'webgpu')).toMatchObject({ chosen: true });
      const session = await world.start({ prompt, seed: 1 });
      frames.push([...(await session.step('right')).rgba]);
      await world.close();
    }
    expect(frames[1]).toEqual(frames[0]);
    // It computes on.
    const buffer = device.createBuffer({ size: 4, usage: 9 });
    await buffer.mapAsync(1);
    buffer.destroy();

    const { adapter } = await findExecutors({ device });
    device.destroy();
    await device.lost;
    await expect(adapter!.open()).rejects.toThrow(/was lost, and its maker has not handed in another/);
    opened.close();
  }, 120_000);

  test('what is no device is refused', async () => {
    await expect(findExecutors({ device: {} as GPUDevice })).rejects.toThrow(
      'device: what was handed in is no GPUDevice; give what requestDevice() resolved to.',
    );
  });
});
