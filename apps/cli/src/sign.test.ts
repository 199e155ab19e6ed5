import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentLabel, decodeImage, encodePng, findContentMarks } from '@snowglobe/media';
import type { CertificateChain } from '@snowglobe/media/testing';
import { certificateChain, readManifests } from '@snowglobe/media/testing';
import { writeWorldFile } from '@snowglobe/runtime';
import { untrainedConfig, untrainedWorld } from '@snowglobe/runtime/testing';
import { openRecordings } from '@snowglobe/train';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { snowglobe } from './testing/snowglobe.js';

vi.setConfig({ testTimeout: 180_000 });

const { width, height } = untrainedConfig;
let folder: string;
let chain: CertificateChain;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-sign-'));
  chain = await certificateChain();
  await writeFile(at('key.pem'), chain.key);
  await writeFile(at('certs.pem'), chain.certificate + chain.root);
  await writeWorldFile(at('w.safetensors'), untrainedWorld());
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 256);
  const label = contentLabel({ world: 'other', checksum: '', version: '0.1.0' });
  await writeFile(at('prompt.png'), encodePng({ width, height, channels: 3, data }, { label }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const walk = (...args: string[]) =>
  snowglobe([
    ...['generate', '--world', at('w.safetensors'), '--prompt', at('prompt.png'), '--executor', 'onnx'],
    ...['--threads', '1', '--actions', '#0*3', ...args],
  ]);
const signed = (...args: string[]) => walk('--sign', `${at('key.pem')},${at('certs.pem')}`, ...args);

test('pictures and a strip of them are signed, one by one, and a prompt that was marked is not lost', async () => {
  const { code, stdout, stderr } = await signed(
    '--out',
    at('walk.png'),
    '--strip',
    at('strip.png'),
    '--json',
  );
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ out: at('walk'), signedBy: 'Test Signer' });
  const names = await readdir(at('walk'));
  expect(names).toHaveLength(4);
  for (const path of [...names.map((name) => join('walk', name)), 'strip.png']) {
    const bytes = await readFile(at(path));
    const { state, manifest } = await readManifests(bytes, 'image/png', chain.root);
    expect([state, manifest.title]).toEqual(['Trusted', path.split('/').at(-1)]);
    expect(manifest.ingredients).toMatchObject([
      { relationship: 'inputTo', description: expect.stringContaining('AIGC, DigitalSourceType') },
    ]);
    expect(findContentMarks(bytes)).toEqual(['C2PA', 'AIGC', 'DigitalSourceType']);
    expect(decodeImage(bytes).width).toBeGreaterThan(0);
  }
});

test('a video is signed, plays the same as one that is not, and a changed byte is found', async () => {
  const [one, other] = await Promise.all([signed('--out', at('a.mp4')), walk('--out', at('b.mp4'))]);
  expect([one.code, other.code], one.stderr + other.stderr).toEqual([0, 0]);
  expect(one.stdout + one.stderr).toContain('signed by Test Signer');
  const bytes = await readFile(at('a.mp4'));
  const { state, passed } = await readManifests(bytes, 'video/mp4', chain.root);
  expect([state, passed]).toEqual(['Trusted', expect.arrayContaining(['assertion.bmffHash.match'])]);
  expect(findContentMarks(bytes)).toEqual(['C2PA', 'AIGC', 'DigitalSourceType']);
  const frames = async (name: string) => {
    const size = { width: width * 4, height: height * 4, cacheFolder: at('cache') };
    const recordings = await openRecordings(at(name), size);
    expect(recordings.clips[0]!.frames).toBe(4);
    return recordings.frames(0, 0, 4);
  };
  expect(Buffer.compare(await frames('a.mp4'), await frames('b.mp4'))).toBe(0);

  bytes[bytes.indexOf('mdat') + 20]! ^= 1;
  const changed = await readManifests(bytes, 'video/mp4', chain.root);
  expect([changed.state, changed.failures]).toEqual(['Invalid', ['assertion.bmffHash.mismatch']]);
});

test('what cannot be signed, or not with these files, is told before a frame is made', async () => {
  const other = await certificateChain();
  await writeFile(at('other.pem'), other.key);
  const refused = async (expected: [number, string], ...args: string[]) => {
    const { code, stderr } = await walk(...args);
    expect([code, stderr]).toEqual([expected[0], expect.stringContaining(expected[1])]);
    expect(stderr).not.toContain('frames/s');
  };
  const sign = (key: string, certificates: string) => ['--sign', `${at(key)},${at(certificates)}`];
  const out = ['--out', at('no.png')];
  await Promise.all([
    refused([2, 'walk.mkv cannot be signed'], ...sign('key.pem', 'certs.pem'), '--out', at('walk.mkv')),
    refused([2, 'two paths with a comma'], '--sign', at('key.pem'), ...out),
    refused([1, 'none.pem: cannot be read, as it does not exist'], ...sign('none.pem', 'certs.pem'), ...out),
    refused([1, 'is for another key than'], ...sign('other.pem', 'certs.pem'), ...out),
  ]);
  await expect(stat(at('no'))).rejects.toThrow('ENOENT');
});
