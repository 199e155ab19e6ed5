import { expect, it } from 'vitest';
import { evidenceOf } from './motion_evidence.js';
import type { Preset } from './presets.js';
import { presets } from './presets.js';

it('worlds of true actions are measured as their preset measures motion', () => {
  for (const [name, preset] of Object.entries(presets) as [string, Preset][]) {
    const { range, border, sharpness } = preset.latentActions!;
    expect(evidenceOf({ motion: preset.motion }), name).toMatchObject({ range, border, sharpness });
    expect(evidenceOf(preset), name).toBe(preset.latentActions);
  }
});

it('other ranges leave out one pixel more than they reach', () => {
  const motion = { ...presets.tiny.motion, range: { y: 2, x: 5 } };
  expect(evidenceOf({ motion })).toEqual({ range: { y: 2, x: 5 }, border: { y: 3, x: 6 }, sharpness: 60 });
});
