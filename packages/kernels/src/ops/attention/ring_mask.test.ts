import { GraphBuilder } from '@snowglobe/graph';
import { checkKernel, evaluate, expectClose, f32, i32, randomData } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { attention } from './attention.js';
import { ringMask } from './ring_mask.js';

describe('ringMask', () => {
  it('agrees on every executor before, at and after the first wrap', async () => {
    for (const position of [0, 1, 6, 7, 8, 9, 15, 1000003]) {
      for (const [ringSize, window] of [
        [1, 1],
        [8, 5],
        [8, 8],
        [70, 3],
      ] as const) {
        await checkKernel({
          inputs: { position: i32([1], [position]) },
          build: ({ position }) => ringMask(position!, ringSize, window),
        });
      }
    }
  });

  it('makes attention over a ring equal causal attention with a window over the whole history', async () => {
    const [frames, ringSize, window, width] = [11, 4, 3, 6];
    const spec = f32(1, frames, width);
    const [q, k, v] = [1, 2, 3].map((seed) => randomData(spec, seed) as Float32Array) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const whole = await evaluate({
      inputs: { q: { ...spec, data: q }, k: { ...spec, data: k }, v: { ...spec, data: v } },
      build: ({ q, k, v }) => attention(q!, k!, v!, { heads: 2, causal: true, window }),
    });
    const ring = f32(1, ringSize, width);
    // Slots that were never written hold numbers that would show.
    const kRing = new Float32Array(ringSize * width).fill(9);
    const vRing = new Float32Array(ringSize * width).fill(9);
    for (let frame = 0; frame < frames; frame++) {
      const row = (data: Float32Array): Float32Array => data.slice(frame * width, (frame + 1) * width);
      kRing.set(row(k), (frame % ringSize) * width);
      vRing.set(row(v), (frame % ringSize) * width);
      const step = await evaluate({
        inputs: {
          position: i32([1], [frame]),
          q: { ...f32(1, 1, width), data: row(q) },
          k: { ...ring, data: kRing },
          v: { ...ring, data: vRing },
        },
        build: ({ position, q, k, v }) =>
          attention(q!, k!, v!, { heads: 2, bias: ringMask(position!, ringSize, window) }),
      });
      expectClose(`frame ${frame}`, step['0']!, row(whole['0'] as Float32Array));
    }
  });

  it('refuses a window larger than the ring', () => {
    const position = new GraphBuilder().input('position', [1], 'i32');
    expect(() => ringMask(position, 4, 5)).toThrow('ringMask: window 5 does not fit a ring of 4 slots');
    const float = new GraphBuilder().input('position', [1]);
    expect(() => ringMask(float, 4, 2)).toThrow(/pass i32 \(1\)/);
  });
});
