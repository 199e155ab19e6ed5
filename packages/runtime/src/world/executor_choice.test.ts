import { expect, test } from 'vitest';
import type { DeviceReport } from '../devices/device.js';
import { chooseExecutor } from './executor_choice.js';

function adapter(kind: DeviceReport['kind']): DeviceReport {
  return {
    name: `a ${kind} adapter`,
    kind,
    vendor: '',
    architecture: '',
    driver: '',
    backend: 'vulkan',
    features: [],
    limits: {},
    chosen: true,
    reason: '',
  };
}
const onnx = { device: '2 threads' };
const noOnnx = { failure: 'does not load here: no binary' };

test.each([
  ['a GPU', adapter('hardware'), onnx, ['webgpu', 'onnx', 'reference'], 'webgpu'],
  ['a GPU without onnxruntime', adapter('hardware'), noOnnx, ['webgpu', 'onnx', 'reference'], 'webgpu'],
  ['a software adapter', adapter('software'), onnx, ['onnx', 'webgpu', 'reference'], 'onnx'],
  ['a software adapter alone', adapter('software'), noOnnx, ['onnx', 'webgpu', 'reference'], 'webgpu'],
  ['no adapter', undefined, onnx, ['onnx', 'webgpu', 'reference'], 'onnx'],
  ['nothing', undefined, noOnnx, ['onnx', 'webgpu', 'reference'], 'reference'],
] as const)('with %s', (_, found, runtime, order, chosen) => {
  const executors = chooseExecutor({ adapter: found, onnx: runtime });
  expect(executors.map(({ kind }) => kind)).toEqual(order);
  expect(executors.filter((each) => each.chosen).map(({ kind }) => kind)).toEqual([chosen]);
  for (const { available, device, reason } of executors) {
    expect(device !== '').toBe(available);
    expect(reason).not.toBe('');
  }
});

test('what does not load says why', () => {
  const [first] = chooseExecutor({ adapter: undefined, onnx: noOnnx });
  expect(first).toEqual({
    kind: 'onnx',
    available: false,
    chosen: false,
    device: '',
    reason: noOnnx.failure,
  });
});
