import { SnowglobeError } from '@snowglobe/graph';
import { grid1d } from '@snowglobe/kernels/internal';
import type { OpenDevice } from '@snowglobe/runtime/core';
import { inErrorScopes } from '@snowglobe/runtime/internal/core';
import copyShader from './copy.wgsl';
import fmaShader from './fma.wgsl';
import { summarize } from './sampling.js';

/** What the adapter gives a shader that does nothing else (Williams, Waterman & Patterson 2009). */
export interface Roofline {
  /** Bytes read and written a second, in 10^9, beyond the caches of a GPU. */
  readonly copyGBs: number;
  /** Floating-point operations a second, in 10^9; a fused multiply-add in single precision is two. */
  readonly fmaGflops: number;
  /** `copyGBs` of 2 MiB that are copied again and again: what caches give. */
  readonly cacheGBs?: number;
}

const samples = 7;
/** A measurement repeats its dispatch until it takes about so long. */
const targetMs = 20;
const mostRepeats = 4096;
/** Samples after which it is enough where they take long. */
const leastSamples = 3;
const budgetMs = 1000;
/** Multiply-adds of a chain. */
const [fewestSteps, mostSteps] = [64, 1024];
const fmaMsWanted = 4;
const chains = 8;
const lanes = 4;
const vectorBytes = 16;
/** Vectors in each of the two buffers that caches hold. */
const cachedVectors = 2 ** 16;

/**
 * Measures copy bandwidth, of memory and of caches, and arithmetic rate: medians over dispatches that are batched into submits of
 * some 20 ms.
 * @throws SnowglobeError when the device refuses one of them: what did nothing is not timed
 */
export async function measureRoofline(opened: OpenDevice): Promise<Roofline> {
  const { description, capabilities } = opened;
  const software = description.kind === 'software';
  // Beyond the caches of a GPU; a CPU would only spend its time there.
  const wanted = (software ? 4 : 128) * 2 ** 16;
  const copyVectors = Math.min(
    wanted,
    Math.floor(capabilities.limits.maxStorageBufferBindingSize / vectorBytes),
  );
  const fmaVectors = (software ? 1 : 256) * 2 ** 10;
  const rounds = software ? 4 : 64;
  const copyOf = (vectors: number, times: number): string =>
    constants({ COUNT: vectors, ROUNDS: times, STRIDE: 4096 }) + copyShader;
  const copyMs = await timeShader(opened, 'copies', copyOf(copyVectors, 1), copyVectors);
  const cacheMs = await timeShader(opened, 'copies in caches', copyOf(cachedVectors, rounds), cachedVectors);
  const timeFma = (steps: number): Promise<number> =>
    timeShader(
      opened,
      'multiply-adds',
      constants({ COUNT: fmaVectors, STEPS: steps }) + fmaShader,
      fmaVectors,
    );
  // As many as take some milliseconds: a few where adapters are slow, enough that loading and storing vanish elsewhere.
  const probed = await timeFma(fewestSteps);
  const steps = Math.min(mostSteps, Math.max(fewestSteps, Math.round((fewestSteps * fmaMsWanted) / probed)));
  const fmaMs = steps === fewestSteps ? probed : await timeFma(steps);
  return {
    copyGBs: (2 * vectorBytes * copyVectors) / copyMs / 1e6,
    fmaGflops: (2 * chains * lanes * steps * fmaVectors) / fmaMs / 1e6,
    cacheGBs: (2 * vectorBytes * cachedVectors * rounds) / cacheMs / 1e6,
  };
}

const constants = (values: Readonly<Record<string, number>>): string =>
  Object.entries(values)
    .map(([name, value]) => `const ${name} = ${value}u;\n`)
    .join('');

const storage = 0x80;

/** Median milliseconds of a dispatch of as many threads as there are vectors. */
async function timeShader(
  { device, description, capabilities }: OpenDevice,
  what: string,
  code: string,
  vectors: number,
): Promise<number> {
  const heard = async <T>({
    result,
    fault,
  }: {
    result: T;
    fault: Promise<string | undefined>;
  }): Promise<T> => {
    const complaint = await fault;
    if (complaint === undefined) return result;
    throw new SnowglobeError(`roofline: '${description.name}' refuses to measure ${what}: ${complaint}`);
  };
  const layout = { layout: 'auto', compute: { entryPoint: 'main' } } as const;
  const module = await heard(inErrorScopes(device, () => device.createShaderModule({ code })));
  const pipeline = await device.createComputePipelineAsync({
    ...layout,
    compute: { ...layout.compute, module },
  });
  const { maxComputeWorkgroupsPerDimension } = capabilities.limits;
  const workgroups = grid1d(vectors, 64, maxComputeWorkgroupsPerDimension);
  const buffers: GPUBuffer[] = [];
  try {
    const bindings = await heard(
      inErrorScopes(device, () => {
        for (let i = 0; i < 2; i++)
          buffers.push(device.createBuffer({ size: vectors * vectorBytes, usage: storage }));
        return device.createBindGroup({
          layout: pipeline.getBindGroupLayout(0),
          entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
        });
      }),
    );
    const run = async (times: number): Promise<number> => {
      const started = performance.now();
      const submitted = inErrorScopes(device, () => {
        const encoder = device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindings);
        for (let i = 0; i < times; i++) pass.dispatchWorkgroups(...workgroups);
        pass.end();
        device.queue.submit([encoder.finish()]);
      });
      await device.queue.onSubmittedWorkDone();
      const taken = performance.now() - started;
      await heard(submitted);
      return taken;
    };
    await run(1);
    let times = 1;
    for (let taken = await run(times); taken < targetMs && times < mostRepeats; taken = await run(times)) {
      times = Math.min(
        mostRepeats,
        times * 8,
        Math.max(2 * times, Math.ceil((times * targetMs) / Math.max(taken, 0.1))),
      );
    }
    const measured: number[] = [];
    const started = performance.now();
    while (
      measured.length < samples &&
      (measured.length < leastSamples || performance.now() - started < budgetMs)
    ) {
      measured.push((await run(times)) / times);
    }
    const { median } = summarize(measured);
    if (!(median > 0)) throw new SnowglobeError(`roofline: the clock cannot tell how long ${what} take.`);
    return median;
  } finally {
    buffers.forEach((buffer) => buffer.destroy());
  }
}
