import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hiddenNvidiaManifest, type NvidiaSearch } from './nvidia.js';

let root: string;
let search: Required<NvidiaSearch>;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'snowglobe-nvidia-'));
  search = {
    manifestFolders: [join(root, 'loader'), join(root, 'missing')],
    cache: join(root, 'cache'),
    roots: [join(root, 'mounted')],
    libraries: [join(root, 'lib')],
    device: join(root, 'nvidiactl'),
  };
  for (const folder of ['loader', 'lib', 'mounted/share/vulkan/icd.d']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  writeFileSync(search.device, '');
  writeFileSync(join(root, 'loader', 'lvp_icd.json'), '{"ICD": {"library_path": "libvulkan_lvp.so"}}');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const manifest = '{"ICD": {"library_path": "libGLX_nvidia.so.0"}}';

describe('NVIDIA’s driver where the Vulkan loader does not look', () => {
  test('is found in a mounted folder', async () => {
    const path = join(root, 'mounted', 'share', 'vulkan', 'icd.d', 'nvidia_icd.json');
    writeFileSync(path, manifest);
    expect(await hiddenNvidiaManifest(search)).toBe(path);
  });

  test('gets a manifest where its library alone is mounted, one without X libraries too', async () => {
    writeFileSync(join(root, 'lib', 'libEGL_nvidia.so.0'), '');
    const path = await hiddenNvidiaManifest(search);
    expect(path).toBe(join(root, 'cache', 'nvidia_icd.json'));
    expect(JSON.parse(readFileSync(path!, 'utf8'))).toMatchObject({
      ICD: { library_path: join(root, 'lib', 'libEGL_nvidia.so.0') },
    });
  });

  test('is left alone where the loader finds it, and where there is no such GPU or driver', async () => {
    expect(await hiddenNvidiaManifest(search)).toBeUndefined();
    writeFileSync(join(root, 'lib', 'libGLX_nvidia.so.0'), '');
    expect(await hiddenNvidiaManifest({ ...search, device: join(root, 'none') })).toBeUndefined();
    writeFileSync(join(root, 'loader', 'nvidia_icd.json'), manifest);
    expect(await hiddenNvidiaManifest(search)).toBeUndefined();
  });
});
