import type { OpenDevice } from '@snowglobe/runtime/core';
import copyShader from './copy.wgsl';
import fmaShader from './fma.wgsl';
import { summarize } from './sampling.js';

/** What the adapter gives a shader that does nothing else (Williams, Waterman & Patterson 2009). */
export interface Roofline {
  /** Bytes read and written a second, in 10^9. */
  readonly copyGBs: number;
  /** Floating-point operations a second, in 10^9; a fused multiply-add is two. */
  readonly fmaGflops: number;
}

const samples = 7;
/** A measurement repeats its dispatch until it takes about so long. */
const targetMs = 20;
const chains = 8;
const lanes = 4;

/** Measures copy bandwidth and arithmetic rate: medians over dispatches that are batched into submits of some 20 ms. */
export async function measureRoofline({ device, description }: OpenDevice): Promise<Roofline> {
  const software = description.kind === 'software';
  // Beyond the caches of a GPU; a CPU would only spend its time there.
  const copyVectors = (software ? 4 : 128) * 2 ** 16;
  const fmaVectors = (software ? 1 : 256) * 2 ** 10;
  const steps = software ? 256 : 1024;
  const copyMs = await timeShader(
    device,
    `const COUNT = ${copyVectors}u;\n${copyShader}`,
    copyVectors,
    copyVectors,
  );
  const fmaMs = await timeShader(
    device,
    `const COUNT = ${fmaVectors}u;\nconst STEPS = ${steps}u;\n${fmaShader}`,
    fmaVectors,
    fmaVectors,
  );
  return {
    copyGBs: (2 * 16 * copyVectors) / copyMs / 1e6,
    fmaGflops: (2 * chains * lanes * steps * fmaVectors) / fmaMs / 1e6,
  };
}

const storage = 0x80;

/** Median milliseconds of a dispatch. */
async function timeShader(
  device: GPUDevice,
  code: string,
  vectors: number,
  threads: number,
): Promise<number> {
  const module = device.createShaderModule({ code });
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module, entryPoint: 'main' },
  });
  const buffers = [0, 1].map(() => device.createBuffer({ size: vectors * 16, usage: storage }));
  const bindings = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const run = async (times: number): Promise<number> => {
    const started = performance.now();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindings);
    for (let i = 0; i < times; i++) pass.dispatchWorkgroups(Math.ceil(threads / 64));
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return (performance.now() - started) / times;
  };
  try {
    await run(1);
    const once = await run(4);
    const times = Math.max(1, Math.min(1000, Math.ceil(targetMs / once)));
    const measured: number[] = [];
    for (let i = 0; i < samples; i++) measured.push(await run(times));
    return summarize(measured).median;
  } finally {
    buffers.forEach((buffer) => buffer.destroy());
  }
}
