import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cacheFolder } from './cache.js';
import { parseAdapterList } from './dawn.js';
import { driversOf, lavapipeManifests, mayHaveGpu, withDrivers } from './drivers.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snowglobe-drivers-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('adapters are read from what dawn says, each with its best backend and without the null one', () => {
  const message = [
    'no suitable backends found',
    'Available adapters:',
    " * backend: 'vulkan', name: 'NVIDIA GeForce RTX 4070'",
    " * backend: 'd3d11', name: 'Microsoft Basic Render Driver'",
    " * backend: 'd3d12', name: 'NVIDIA GeForce RTX 4070'",
    " * backend: 'null', name: 'Null backend'",
    " * backend: 'vulkan', name: 'Vendor's (R) Graphics'",
  ].join('\n');
  expect(parseAdapterList(message)).toEqual([
    { name: 'NVIDIA GeForce RTX 4070', backend: 'd3d12', count: 1 },
    { name: 'Microsoft Basic Render Driver', backend: 'd3d11', count: 1 },
    { name: "Vendor's (R) Graphics", backend: 'vulkan', count: 1 },
  ]);
  expect(parseAdapterList('something else went wrong')).toEqual([]);
});

test('adapters of one name are counted on the backend that is used', () => {
  const line = (backend: string): string => ` * backend: '${backend}', name: 'NVIDIA H100'`;
  const twice = (...backends: string[]) => parseAdapterList(backends.map(line).join('\n'));
  expect(twice('vulkan', 'vulkan')).toEqual([{ name: 'NVIDIA H100', backend: 'vulkan', count: 2 }]);
  expect(twice('vulkan', 'd3d12', 'vulkan', 'd3d12', 'd3d12')).toEqual([
    { name: 'NVIDIA H100', backend: 'd3d12', count: 3 },
  ]);
});

test('manifests of lavapipe are told from other drivers', () => {
  for (const name of ['lvp_icd.x86_64.json', 'radeon_icd.x86_64.json', 'lvp_icd.x86_64.json.old']) {
    writeFileSync(join(folder, name), '{}');
  }
  expect(lavapipeManifests([join(folder, 'missing'), folder])).toEqual([join(folder, 'lvp_icd.x86_64.json')]);
});

test('the lavapipe of the cache folder comes first', () => {
  const before = process.env['SNOWGLOBE_CACHE'];
  process.env['SNOWGLOBE_CACHE'] = folder;
  try {
    mkdirSync(join(folder, 'lavapipe'));
    writeFileSync(join(folder, 'lavapipe', 'lvp_icd.json'), '{}');
    expect(lavapipeManifests()[0]).toBe(join(folder, 'lavapipe', 'lvp_icd.json'));
  } finally {
    if (before === undefined) delete process.env['SNOWGLOBE_CACHE'];
    else process.env['SNOWGLOBE_CACHE'] = before;
  }
});

test('a GPU is known by its device node', () => {
  writeFileSync(join(folder, 'null'), '');
  mkdirSync(join(folder, 'dri'));
  writeFileSync(join(folder, 'dri', 'card0'), '');
  expect(mayHaveGpu('linux', folder)).toBe(false);
  writeFileSync(join(folder, 'dri', 'renderD128'), '');
  expect(mayHaveGpu('linux', folder)).toBe(true);
  expect(mayHaveGpu('darwin', join(folder, 'missing'))).toBe(true);
});

describe('withDrivers', () => {
  test('sets the variables for one call at a time and restores them, also after a failure', async () => {
    process.env['VK_DRIVER_FILES'] = 'before';
    delete process.env['VK_ICD_FILENAMES'];
    try {
      const seen: (string | undefined)[] = [];
      const look = async (): Promise<void> => {
        seen.push(process.env['VK_ICD_FILENAMES']);
        await new Promise((resolve) => setTimeout(resolve, 2));
        seen.push(process.env['VK_ICD_FILENAMES']);
      };
      const failing = withDrivers(driversOf(['c.json']), () => Promise.reject(new Error('no driver')));
      await Promise.all([
        withDrivers(driversOf(['a.json', 'b.json']), look),
        withDrivers({}, look),
        expect(failing).rejects.toThrow('no driver'),
      ]);
      expect(seen).toEqual(['a.json:b.json', 'a.json:b.json', undefined, undefined]);
      expect(process.env['VK_DRIVER_FILES']).toBe('before');
      expect('VK_ICD_FILENAMES' in process.env).toBe(false);
    } finally {
      delete process.env['VK_DRIVER_FILES'];
    }
  });
});

test('the cache folder follows the platform and its variables', () => {
  expect(cacheFolder({ SNOWGLOBE_CACHE: '/elsewhere' }, 'linux', '/home/me')).toBe('/elsewhere');
  expect(cacheFolder({}, 'linux', '/home/me')).toBe('/home/me/.cache/snowglobe');
  expect(cacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux', '/home/me')).toBe('/x/snowglobe');
  expect(cacheFolder({}, 'darwin', '/Users/me')).toBe('/Users/me/Library/Caches/snowglobe');
});
