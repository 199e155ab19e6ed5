import { GraphBuilder } from '@snowglobe/graph';
import { matmul } from '@snowglobe/kernels';
import { expect, it } from 'vitest';
import { devicesUnderTest } from '../testing/executors.js';
import { randomData } from '../testing/random.js';
import { createWebgpuExecutor } from './index.js';

/** Nanoseconds to which dawn rounds timestamps for pages. */
const pageTick = 65536;

it('gives times to the nanosecond, not in the steps that pages get', async () => {
  const builder = new GraphBuilder();
  const spec = { shape: [64, 64], dtype: 'f32' } as const;
  builder.output('y', matmul(builder.input('a', spec.shape), builder.input('b', spec.shape)));
  const inputs = { a: randomData(spec, 1), b: randomData(spec, 2) };
  for (const device of await devicesUnderTest()) {
    if (!device.capabilities.features.has('timestamp-query')) continue;
    const program = await createWebgpuExecutor(device).compile(builder.build());
    const nanoseconds: number[] = [];
    for (let i = 0; i < 8; i++) nanoseconds.push((await program.repeat(inputs, 2)).deviceMs! * 1e6);
    expect(nanoseconds.every((each) => each > 0)).toBe(true);
    expect(nanoseconds.filter((each) => Math.abs(each % pageTick) > 0.5).length).toBeGreaterThan(4);
    await program.close();
  }
});
