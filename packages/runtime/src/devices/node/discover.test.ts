import { describe, expect, test } from 'vitest';
import { chooseDevice } from '../choose.js';
import { discoverDevices, openBestDevice } from './discover.js';

/** npm has a software driver for this platform, so there is always a device. */
const hasDevice = process.platform === 'linux' && process.arch === 'x64';

/** Doubles four numbers on the device. */
async function double(device: GPUDevice): Promise<number[]> {
  const code = `
    @group(0) @binding(0) var<storage, read_write> x: array<f32, 4>;
    @compute @workgroup_size(4) fn main(@builtin(local_invocation_index) i: u32) { x[i] *= 2; }`;
  const module = device.createShaderModule({ code });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
  const storage = 0x80 | 0x8 | 0x4; // STORAGE | COPY_DST | COPY_SRC
  const x = device.createBuffer({ size: 16, usage: storage });
  const result = device.createBuffer({ size: 16, usage: 0x1 | 0x8 }); // MAP_READ | COPY_DST
  device.queue.writeBuffer(x, 0, Float32Array.of(1, 2, 3, 4));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: x } }],
    }),
  );
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(x, 0, result, 0, 16);
  device.queue.submit([encoder.finish()]);
  await result.mapAsync(1);
  return [...new Float32Array(result.getMappedRange())];
}

describe.runIf(hasDevice)('devices of this machine', () => {
  test('there is one, and it computes', async () => {
    const { opened, reports } = await openBestDevice();
    expect(reports.filter(({ chosen }) => chosen)).toHaveLength(1);
    expect(opened!.description.name).toBe(reports.find(({ chosen }) => chosen)!.name);
    expect(await double(opened!.device)).toEqual([2, 4, 6, 8]);
    expect(opened!.capabilities.limits.maxStorageBufferBindingSize).toBeGreaterThanOrEqual(2 ** 27);
    opened!.close();
    expect((await opened!.device.lost).reason).toBe('destroyed');
  });

  test('the software driver of npm is listed when all are asked for', async () => {
    const { candidates } = await discoverDevices({ software: 'all' });
    const software = candidates.find(({ description }) => /swiftshader/i.test(description.name));
    expect(software?.description.kind).toBe('software');
    expect(software!.description.limits['maxComputeInvocationsPerWorkgroup']).toBeGreaterThanOrEqual(256);
    const { candidates: hardware } = await discoverDevices({ software: 'none' });
    expect(hardware.every(({ description }) => description.kind === 'hardware')).toBe(true);
  });

  test('two devices of one adapter live side by side, and one outlives the other', async () => {
    const { candidates } = await discoverDevices();
    const { chosen } = chooseDevice(candidates);
    const [first, second] = await Promise.all([chosen!.open(), chosen!.open()]);
    expect(await double(first.device)).toEqual([2, 4, 6, 8]);
    first.close();
    expect(await double(second.device)).toEqual([2, 4, 6, 8]);
    second.close();
  });

  test('an unknown name is refused with the names that exist', async () => {
    await expect(openBestDevice({ name: 'voodoo 3' })).rejects.toThrow(/'voodoo 3'; there are '/);
  });
});
