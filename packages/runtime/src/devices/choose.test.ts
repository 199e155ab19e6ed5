import { SnowglobeError } from '@snowglobe/graph';
import { describe, expect, test } from 'vitest';
import { chooseDevice } from './choose.js';
import type { DeviceDescription } from './device.js';

function candidate(name: string, kind: DeviceDescription['kind'], features: string[] = []) {
  const description: DeviceDescription = {
    name,
    kind,
    features,
    vendor: 'vendor',
    architecture: '',
    driver: '',
    backend: 'vulkan',
    limits: {},
  };
  return { description };
}

const swiftshader = candidate('SwiftShader Device (Subzero)', 'software');
const lavapipe = candidate('llvmpipe (LLVM 19.1.7, 256 bits)', 'software', ['shader-f16']);
const geforce = candidate('NVIDIA GeForce RTX 4070', 'hardware', ['shader-f16']);
const radeon = candidate('AMD Radeon 780M', 'hardware');

describe('chooseDevice', () => {
  test('a GPU goes before software, in the order of discovery', () => {
    const { chosen, reports } = chooseDevice([swiftshader, radeon, lavapipe, geforce]);
    expect(chosen).toBe(radeon);
    expect(reports.map(({ name }) => name)).toEqual(
      [radeon, geforce, lavapipe, swiftshader].map(({ description }) => description.name),
    );
    expect(reports.filter((report) => report.chosen)).toHaveLength(1);
    expect(reports.map(({ reason }) => reason)).toEqual([
      'the first of 2 GPUs',
      "'AMD Radeon 780M' is listed first; name this one to use it",
      "runs on the CPU, 'AMD Radeon 780M' is a GPU",
      "runs on the CPU, 'AMD Radeon 780M' is a GPU",
    ]);
  });

  test('lavapipe goes before SwiftShader', () => {
    const { chosen, reports } = chooseDevice([swiftshader, lavapipe]);
    expect(chosen).toBe(lavapipe);
    expect(reports[0]!.reason).toContain('the fastest of 2 that run on the CPU');
  });

  test('a name overrides the order, in any case', () => {
    const { chosen, reports } = chooseDevice([geforce, swiftshader], 'swiftSHADER');
    expect(chosen).toBe(swiftshader);
    expect(reports.find((report) => report.chosen)!.reason).toContain("contains 'swiftSHADER'");
    expect(reports.find((report) => !report.chosen)!.reason).toBe(
      "'SwiftShader Device (Subzero)' was asked for",
    );
  });

  test('an unknown name is an error that lists the names', () => {
    expect(() => chooseDevice([geforce, lavapipe], 'voodoo')).toThrow(
      new SnowglobeError(
        "devices: no name contains 'voodoo'; there are 'NVIDIA GeForce RTX 4070', 'llvmpipe (LLVM 19.1.7, 256 bits)'.",
      ),
    );
    expect(() => chooseDevice([], 'voodoo')).toThrow('no WebGPU device was found');
  });

  test('nothing is chosen where there is nothing', () => {
    expect(chooseDevice([])).toEqual({ chosen: undefined, reports: [] });
  });
});
