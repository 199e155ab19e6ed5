import { expect, test, vi } from 'vitest';
import { snowglobe } from '../testing/snowglobe.js';

// Each test starts processes, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

interface Devices {
  machine: { threads: number; memoryBytes: number; node: string };
  executors: { kind: string; chosen: boolean; available: boolean; device: string }[];
  devices: { name: string; chosen: boolean; reason: string; limits: Record<string, number> }[];
  notes: string[];
}

test('--json describes this machine; exactly one executor is chosen, and one adapter where there are any', async () => {
  const { code, stdout } = await snowglobe(['devices', '--json'], { SNOWGLOBE_DEVICE: '' });
  expect(code).toBe(0);
  const { machine, executors, devices } = JSON.parse(stdout) as Devices;
  expect(machine.node).toBe(process.versions.node);
  expect(machine.threads).toBeGreaterThan(0);
  expect(executors.map(({ kind }) => kind).sort()).toEqual(['onnx', 'reference', 'webgpu']);
  expect(executors.filter(({ chosen, available }) => chosen && available)).toHaveLength(1);
  expect(executors.find(({ kind }) => kind === 'webgpu')!.available).toBe(devices.length > 0);
  expect(devices.filter(({ chosen }) => chosen)).toHaveLength(Math.min(1, devices.length));
  for (const { limits } of devices) expect(limits['maxBufferSize']).toBeGreaterThanOrEqual(2 ** 28);
});

test('for people: executors and adapters with reasons', async () => {
  const { code, stdout } = await snowglobe(['devices'], { SNOWGLOBE_DEVICE: '' });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Machine: .* threads, .*GB\n/);
  expect(stdout.match(/^ {2}\* +(webgpu|onnx) /gm)).toHaveLength(1);
  expect(stdout).toMatch(/^ +reference +plain TypeScript/m);
});

test('a device that is not there is one sentence that names those that are', async () => {
  const { code, stdout, stderr } = await snowglobe(['devices', '--device', 'voodoo']);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^snowglobe: devices: no name contains 'voodoo'; .*\.$/m);
  expect(stderr).not.toMatch(/^\s+at .*\.ts/m);
});

test('--plan shows what frames of the default size take, less than without sharing', async () => {
  const { code, stdout } = await snowglobe(['devices', '--plan', '--json'], { SNOWGLOBE_DEVICE: '' });
  expect(code).toBe(0);
  const { devices, plan } = JSON.parse(stdout) as Devices & { plan: Record<string, number>[] };
  expect(plan.length > 0).toBe(devices.length > 0);
  for (const { variableBytes, unsharedBytes, peakBytes, submitsPerRun, dispatchesPerRun } of plan) {
    // More parameters than 0.25 M, and at least the largest result: 32 channels at 32x32.
    expect(variableBytes).toBeGreaterThan(1_000_000);
    expect(peakBytes).toBeGreaterThanOrEqual(32 * 32 * 32 * 4);
    expect(peakBytes).toBeLessThan(unsharedBytes! / 2);
    expect(submitsPerRun).toBe(1);
    expect(dispatchesPerRun).toBeGreaterThan(10);
  }
});

test('--watch says where it looked for a server, and is no part of what is found here', async () => {
  const { code, stdout, stderr } = await snowglobe(['devices', '--watch', 'http://127.0.0.1:1']);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^snowglobe: devices: http:\/\/127\.0\.0\.1:1\/devices does not answer \(/);
  for (const args of [
    ['--watch', 'play.example'],
    ['--watch', '--plan'],
  ]) {
    expect((await snowglobe(['devices', ...args])).code).toBe(2);
  }
});
