import { GraphBuilder } from '@snowglobe/graph';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { describe, expect, it } from 'vitest';
import { quantizedCase } from './cases/matmul.js';
import { peerModels, repeatModel } from './peers/onnx_model.js';
import { nodePeers } from './peers/ort.js';
import { parseRecord } from './record/record.js';
import { runBench } from './run.js';

describe('runBench', () => {
  it('checks, times and records kernels beside their peers', async () => {
    const started: string[] = [];
    const record = await runBench({
      suites: ['kernels'],
      peers: true,
      filter: /^matmul-w4a16 16x|^attention 64x64$/,
      onStart: (name) => started.push(name),
    });
    expect(started).toEqual(['matmul-w4a16 16x512x512', 'attention 64x64']);
    expect(parseRecord(JSON.parse(JSON.stringify(record)), 'the record')).toEqual(record);
    expect(record.refused).toEqual([]);
    expect(record.precision).toBe('f32');
    expect(record.environment.webgpu).toMatch(/^npm webgpu \d+\.\d+\.\d+ \(dawn\)$/);
    expect(record.adapter.info).toMatchObject({
      vendor: record.adapter.vendor,
      subgroupMinSize: expect.any(Number),
    });
    for (const { maxError, peers, ms, share, note, gflops } of record.entries) {
      expect(maxError).toBeLessThan(1e-5);
      expect(peers?.ortWebgpu).toBeGreaterThan(0);
      expect(peers?.ortCpu).toBeGreaterThan(0);
      expect(ms).toBeGreaterThan(0);
      if (share === undefined || share > 1) expect(note).toMatch(/roof/);
      else expect(share).toBeGreaterThan(0.01);
      expect(gflops).toBeGreaterThan(0);
    }
    expect(record.summary.geomeanVsOrtWebgpu).toBeGreaterThan(0);
  });

  it('says which adapters there are when none has the name', async () => {
    await expect(runBench({ device: 'voodoo' })).rejects.toThrow(/no name contains 'voodoo'/);
  });
});

describe('a repeated model', () => {
  it('computes the same, so many times as often', async () => {
    const each = quantizedCase([256, 512, 512], 4);
    const builder = new GraphBuilder();
    builder.output('y', each.build(builder));
    const graph = builder.build();
    const [model] = peerModels(each, graph);
    expect(repeatModel(model!.model, 3).nodes).toHaveLength(3 * model!.model.nodes.length);
    const expected = (await (await createReferenceExecutor().compile(graph)).run(each.inputs))['y']!;
    const timeOf = async (repeats: number): Promise<number> => {
      const session = await nodePeers('', 1)(model!, each.inputs, 'cpu', repeats);
      const times: number[] = [];
      for (let i = 0; i < 7; i++) {
        const began = performance.now();
        const result = await session.run();
        times.push(performance.now() - began);
        expect(Math.abs(result[100]! - expected[100]!)).toBeLessThan(1e-3 * Math.abs(expected[100]!) + 1e-3);
      }
      await session.close();
      return Math.min(...times);
    };
    const [once, often] = [await timeOf(1), await timeOf(16)];
    expect(often / once).toBeGreaterThan(6);
  });
});
