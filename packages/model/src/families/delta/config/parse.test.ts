import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDeltaConfig } from './parse.js';
import { presets } from './presets.js';

const frame = { width: 64, height: 64, fps: 15 };
const tiny = { ...frame, ...presets.tiny };

describe('parseDeltaConfig', () => {
  it.each(Object.entries(presets))('accepts the preset %s as it went through JSON', (_, preset) => {
    const config = { ...frame, ...preset };
    expect(parseDeltaConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
  });

  it('accepts a frame in ten minutes', () => {
    expect(parseDeltaConfig({ ...tiny, fps: 1 / 600 }).fps).toBe(1 / 600);
  });

  it('accepts a world without latent actions', () => {
    const { latentActions: _, ...rest } = tiny;
    const config = { ...rest, motion: { ...rest.motion, actions: 9 } };
    expect(parseDeltaConfig(config)).toEqual(config);
  });

  it('accepts a world that keeps what was drawn', () => {
    const replenishment = { window: 1, tolerance: 0.1, contrast: 0.5, margin: 2, settling: 6 };
    expect(parseDeltaConfig({ ...tiny, replenishment })).toEqual({ ...tiny, replenishment });
    const wrong = { ...tiny, replenishment: { ...replenishment, contrast: 2.1 } };
    expect(() => parseDeltaConfig(wrong)).toThrow("'config.replenishment.contrast' must be at most 2");
    const remembering = { ...replenishment, recollection: 0.2 };
    expect(parseDeltaConfig({ ...tiny, replenishment: remembering }).replenishment).toEqual(remembering);
    const large = { ...tiny, width: 512, height: 512, replenishment: remembering };
    expect(() => parseDeltaConfig(large)).toThrow(
      'replenishment.recollection takes more than 33554432 numbers',
    );
  });

  it.each([
    ['a frame that no code fits', { ...tiny, width: 60 }, 'config.width'],
    ['a rate that nothing plays', { ...tiny, fps: 1001 }, "the field 'config.fps' must be at most 1000"],
    ['a rate of nothing', { ...tiny, fps: 0.0009 }, "the field 'config.fps' must be at least 0.001"],
    ['a huge frame', { ...tiny, height: 1 << 20 }, 'config.height'],
    ['an unknown field', { ...tiny, surprise: 1 }, 'config.surprise'],
    ['a fraction of a layer', { ...tiny, dynamics: { ...tiny.dynamics, layers: 1.5 } }, 'dynamics.layers'],
    ['heads that do not divide', { ...tiny, dynamics: { ...tiny.dynamics, heads: 5 } }, 'config.dynamics'],
    ['too many values a code', { ...tiny, delta: { ...tiny.delta, levels: [64, 64, 64] } }, 'delta.levels'],
    ['codes that are no actions', { ...tiny, motion: { ...tiny.motion, actions: 9 } }, 'motion.actions'],
    ['no object', null, 'config'],
  ])('refuses %s and names the field', (_, config, field) => {
    expect(() => parseDeltaConfig(config)).toThrow(field);
  });

  it('never ends in anything but a config or a sentence, whatever a field becomes', () => {
    const paths = [
      'width',
      'fps',
      'tokenizer',
      'latentActions',
      'motion',
      'delta',
      'dynamics',
      'refinementSteps',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        try {
          parseDeltaConfig({ ...tiny, [path]: value });
        } catch (error) {
          expect((error as Error).name).toBe('SnowglobeError');
          expect((error as Error).message).toMatch(/^world: .+; use a file that snowglobe train wrote/);
        }
      }),
    );
  });
});
