import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@snowglobe/media';
import { readQuantizedMatrices } from '@snowglobe/model/internal';
import { readWorldFile, writeWorldFile } from '@snowglobe/runtime';
import { untrainedConfig, untrainedWorld } from '@snowglobe/runtime/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { snowglobe } from '../testing/snowglobe.js';

vi.setConfig({ testTimeout: 180_000 });

let folder: string;
let world: string;
let out: string;
let frames: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-quantize-'));
  world = join(folder, 'small.safetensors');
  out = join(folder, 'out.safetensors');
  await writeWorldFile(world, untrainedWorld({ whole: true }));
  await mkdir(join(folder, 'prompts'));
  const { width, height } = untrainedConfig;
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7) % 256);
  await writeFile(join(folder, 'prompts', 'small-1.png'), encodePng({ width, height, channels: 3, data }));
  frames = join(folder, 'frames');
  for (const [run, shift] of [9, 5].entries()) {
    await mkdir(join(frames, `run${run}`), { recursive: true });
    for (let t = 0; t < 24; t++) {
      const moved = data.map((_, i) => data[(i + 3 * shift * t) % data.length]!);
      const png = encodePng({ width, height, channels: 3, data: moved });
      await writeFile(join(frames, `run${run}`, `${t}.png`), png);
    }
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const quantize = (...args: string[]) => snowglobe(['quantize', world, '--threads', '1', ...args]);

test('a scheme is applied and written, and the file says how it was made', async () => {
  const result = await quantize(
    '--scheme',
    'nf4-g64',
    '--algorithm',
    'hqq',
    '--no-measure',
    '--out',
    out,
    '--json',
  );
  expect(result.stderr).toBe(`wrote ${out}\n`);
  const { bytes, plan } = JSON.parse(result.stdout) as { bytes: number; plan: string };
  expect(plan).toBe('nf4-g64 hqq');
  const file = await readWorldFile(out);
  expect(readQuantizedMatrices(file, out).get('motion/seen/weight')!.format).toMatchObject({
    bits: 4,
    group: 64,
  });
  expect(file.metadata.quantization).toMatchObject({
    scheme: 'nf4-g64 hqq',
    provenance: { calibration: 'own play', seed: 0, world: 'small.safetensors' },
  });
  // What was measured of the float world is not said of this one. The file itself may have grown by no more than that.
  expect(file.metadata.evaluation).toEqual({});
  expect(Math.abs((await readFile(out)).length - bytes)).toBeLessThan(1000);

  const again = await snowglobe(['quantize', out, '--scheme', 'w8a16', '--algorithm', 'rtn', '--no-measure']);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain('is quantized already (nf4-g64 hqq)');
});

test('schemes are compared in one JSON object, those of plug-ins among them, and on a page', async () => {
  const plugin = join(folder, 'coarse.mjs');
  const html = join(folder, 'page.html');
  await writeFile(
    plugin,
    `export default { name: 'coarse', summary: '2 bits', format: () => ({ bits: 2, group: 16, zeroPoints: false }),
      grids: (weights) => [{ scale: Math.max(...weights.map(Math.abs)) / 2, zeroPoint: 2 }] };`,
  );
  const { code, stdout, stderr } = await quantize(
    ...['--compare', 'w8a16', 'coarse', '--plugin', plugin, '--algorithm', 'mse'],
    ...['--executors', 'onnx', '--runs', '16', '--html', html, '--json'],
  );
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const { float, schemes } = JSON.parse(stdout) as { float: object; schemes: Record<string, unknown>[] };
  const figures = {
    ...{ bits: expect.any(Number), bytes: expect.any(Number) },
    ...{ klMean: expect.any(Number), klStandardError: expect.any(Number), top1: expect.any(Number) },
    ...{ rolloutPsnrDrop: expect.any(Number), tokenizerPsnrDrop: expect.any(Number) },
    ...{ peakBytes: expect.any(Number), framesPerSecond: { onnx: expect.any(Number) } },
  };
  expect(float).toMatchObject({ bytes: expect.any(Number), framesPerSecond: { onnx: expect.any(Number) } });
  expect(schemes).toEqual([
    expect.objectContaining({ scheme: 'w8a16 mse', ...figures }),
    expect.objectContaining({ scheme: 'coarse mse', ...figures }),
  ]);
  expect(schemes[1]!['bytes']).toBeLessThan(schemes[0]!['bytes'] as number);
  expect(await readFile(html, 'utf8')).toContain('Layers: coarse mse');
});

test('keys and values in eight bits are measured beside floats, and a file that is written plays with them', async () => {
  const compared = await quantize(
    ...['--compare', 'w8a16', '--algorithm', 'rtn', '--kv', '8'],
    ...['--executors', 'onnx', '--runs', '16', '--json'],
  );
  expect(compared.stderr).toBe('');
  const { schemes } = JSON.parse(compared.stdout) as {
    schemes: { scheme: string; kvCache?: number; klMean: number; stateBytes: number }[];
  };
  expect(schemes.map(({ scheme, kvCache }) => [scheme, kvCache])).toEqual([
    ['w8a16 rtn', undefined],
    ['w8a16 rtn kv8', 8],
  ]);
  const [floats, bytes] = schemes as [(typeof schemes)[0], (typeof schemes)[0]];
  expect(bytes.stateBytes).toBeLessThan(floats.stateBytes);
  expect(bytes.klMean).not.toBe(floats.klMean);

  const written = await quantize(
    ...['--scheme', 'w8a16', '--algorithm', 'rtn', '--kv', '8', '--no-measure', '--out', out],
  );
  expect(written.stdout).toContain('w8a16 rtn kv8:');
  const { metadata } = await readWorldFile(out);
  expect(metadata.quantization).toMatchObject({ scheme: 'w8a16 rtn kv8', kvCache: { bits: 8 } });
  const again = await snowglobe(['quantize', out, '--scheme', 'w8a16', '--kv', '8', '--no-measure']);
  expect(again.stderr).toContain('is quantized already (w8a16 rtn kv8)');

  const evaluated = await snowglobe([
    ...['eval', out, '--data', frames, '--stride', '8', '--prefill', '3', '--steps', '20'],
    ...['--threads', '1', '--json'],
  ]);
  expect(evaluated.stderr).not.toContain('snowglobe:');
  expect(evaluated.code).toBe(0);
  const { rollouts, longRuns, crossEntropy } = JSON.parse(evaluated.stdout) as Record<string, any>;
  // Two of 24 frames each, of which 3 are prefilled and 10 sampled.
  expect(rollouts.starts).toBe(4);
  expect(longRuns.steps).toBe(20);
  expect(crossEntropy).toBeGreaterThan(0);
});

test('folders of PNG frames and simulated games are recordings', async () => {
  const { stdout, stderr, code } = await quantize(
    ...['--scheme', 'w8a16', '--algorithm', 'gptq', '--data', frames, 'platformer:1', '--test', frames],
    ...['--starts', '4', '--runs', '16', '--executors', 'none', '--cache', join(folder, 'cache')],
    ...['--out', out, '--json'],
  );
  expect(stderr).toBe(`wrote ${out}\n`);
  expect(code).toBe(0);
  const json = JSON.parse(stdout) as { comparedWith: string; schemes: { rolloutPsnr: number }[] };
  expect(json.comparedWith).toBe('recordings');
  expect(json.schemes[0]!.rolloutPsnr).toBeGreaterThan(0);
  const { metadata } = await readWorldFile(out);
  expect(metadata.quantization!.provenance).toMatchObject({ calibration: 'frames, platformer:1' });
});

test.each([
  [['--scheme', 'w8a16', '--kv', '4'], 2, 'It must be 8; without it keys and values stay floats.'],
  [['--scheme', 'w5a16'], 2, "there is no 'w5a16'; use one of w8a16, w4a16-g32"],
  [['--scheme', 'w8a16', '--algorithm', 'magic'], 2, "algorithm: 'magic' has the unknown part 'magic'"],
  [['--scheme', 'w8a16', '--max-bytes', '100'], 2, 'Say one of --scheme NAME'],
  [['--scheme', 'w8a16', '--executors', 'gpu'], 2, "There is no executor 'gpu'"],
  [['--compare', 'w8a16', 'w5a16'], 2, "there is no 'w5a16'"],
  [['--max-bytes', '100', '--from', 'w5a16'], 2, "there is no 'w5a16'"],
  [['--max-bytes', '100'], 1, 'budget: 100 bytes are too few, the smallest file with these schemes has'],
  [['--scheme', 'w8a16', '--out', 'small.onnx'], 2, 'It must end in .safetensors.'],
  [['--plan', 'nowhere.json'], 1, 'nowhere.json: cannot be read'],
  [['--scheme', 'w8a16', '--data', 'nowhere'], 1, 'nowhere does not exist'],
] as const)('refuses %j', async (args, code, message) => {
  const result = await quantize(...args);
  expect(result.stderr).toContain(message);
  expect(result.code).toBe(code);
  expect(result.stdout).toBe('');
});

test('plans and budgets are checked before there is anything to calibrate from', async () => {
  const alone = join(folder, 'alone.safetensors');
  await writeWorldFile(alone, untrainedWorld({ whole: true }));
  const plan = join(folder, 'plan.json');
  const layers = { nowhere: { scheme: 'w8a16', algorithm: 'rtn' } };
  await writeFile(plan, JSON.stringify({ format: 'snowglobe-quantization-plan', version: 1, layers }));
  const refused = async (...args: string[]) => (await snowglobe(['quantize', alone, ...args])).stderr;
  expect(await refused('--plan', plan)).toContain(`${plan}: it plans 'nowhere', which this world does not`);
  expect(await refused('--max-bytes', '100')).toContain('budget: 100 bytes are too few');
  expect(await refused('--max-bytes', '10000000')).toContain('no pictures come with the world');
});
