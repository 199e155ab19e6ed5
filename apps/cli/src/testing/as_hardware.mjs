// Preload (`NODE_OPTIONS=--import …`): the software adapter does not say that it is one, so it is treated as a GPU. At the end the largest
// count of workgroups that was dispatched goes to stderr.
import { createRequire } from 'node:module';

const { globals } = createRequire(new URL('../../../../packages/runtime/package.json', import.meta.url))(
  'webgpu',
);
const known = /swiftshader|llvmpipe|lavapipe/gi;
const said = { description: 'Test GPU', device: 'Test GPU', vendor: 'test', architecture: 'test' };
for (const [key, value] of Object.entries({ ...said, isFallbackAdapter: false })) {
  Object.defineProperty(globals.GPUAdapterInfo.prototype, key, { enumerable: true, get: () => value });
}
const gpu = globals.GPU.prototype;
const { requestAdapter } = gpu;
// dawn lists adapters in the message of a request that fails, and finds them by a part of their name.
gpu.requestAdapter = async function (...options) {
  try {
    return await requestAdapter.apply(this, options);
  } catch (error) {
    if (typeof error === 'string') throw error.replace(known, '');
    error.message = error.message.replace(known, '');
    throw error;
  }
};
const pass = globals.GPUComputePassEncoder.prototype;
const { dispatchWorkgroups } = pass;
let largest = 0;
pass.dispatchWorkgroups = function (...counts) {
  largest = Math.max(largest, ...counts);
  return dispatchWorkgroups.apply(this, counts);
};
process.on('exit', () => {
  if (largest > 0) process.stderr.write(`largest count of workgroups: ${largest}\n`);
});
