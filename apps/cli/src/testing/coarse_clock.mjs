// Preload (`NODE_OPTIONS=--import …`): kernels take a thousandth of their time by the device's clock, whose steps are 65,536 ns, as in
// browsers. What lasts 40 ms and more (comparisons of the two clocks) is left alone.
import { createRequire } from 'node:module';

const { globals } = createRequire(new URL('../../../../packages/runtime/package.json', import.meta.url))(
  'webgpu',
);
const step = 65536n;
const onGrid = (time) => (time / step) * step;
const stamps = new WeakSet();
const encoder = globals.GPUCommandEncoder.prototype;
const buffer = globals.GPUBuffer.prototype;
const { resolveQuerySet, copyBufferToBuffer } = encoder;
const { getMappedRange } = buffer;
encoder.resolveQuerySet = function (set, first, count, target, offset) {
  stamps.add(target);
  return resolveQuerySet.call(this, set, first, count, target, offset);
};
encoder.copyBufferToBuffer = function (source, ...rest) {
  if (stamps.has(source)) stamps.add(rest.find((each) => typeof each === 'object'));
  return copyBufferToBuffer.call(this, source, ...rest);
};
buffer.getMappedRange = function (...range) {
  const mapped = getMappedRange.apply(this, range);
  if (!stamps.has(this)) return mapped;
  const times = new BigUint64Array(mapped.slice(0));
  for (let i = 0; i + 1 < times.length; i += 2) {
    const taken = times[i + 1] - times[i];
    if (taken < 40_000_000n) [times[i], times[i + 1]] = [onGrid(times[i]), onGrid(times[i] + taken / 1000n)];
  }
  return times.buffer;
};
