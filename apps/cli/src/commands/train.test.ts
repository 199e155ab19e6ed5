import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage, encodePng, imageOf } from '@snowglobe/media';
import { readWorldFile } from '@snowglobe/runtime';
import { openRecordings, readLog } from '@snowglobe/train';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { snowglobe } from '../testing/snowglobe.js';

/** Runs a command line; `json` is what it printed, when it was asked for that. */
async function run(...args: readonly string[]) {
  const outcome = await snowglobe(args);
  const json: unknown =
    args.includes('--json') && outcome.code === 0 ? JSON.parse(outcome.stdout) : undefined;
  return { ...outcome, json };
}

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-train-'));
  const record = (name: string, seed: number) =>
    run('record', 'platformer', '--clips', '4', '--frames', '60', '--seed', `${seed}`, '--out', at(name));
  await record('clips', 1);
  await record('held-out', 2);
  const data = await openRecordings(at('held-out'), { width: 64, height: 64, cacheFolder: at('cache') });
  await writeFile(at('prompt.png'), encodePng(imageOf(data.frames(0, 5, 1), 64, 64)));
  data.close();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const train = (...more: string[]) =>
  run(
    'train',
    at('clips'),
    '--preset',
    'micro',
    '--minutes',
    '0.2',
    '--stage-minutes',
    'motion=0.03',
    '--cache',
    at('cache'),
    ...more,
  );

describe('from video to a walk through the world that was learned from it', () => {
  it('trains in two parts, walks, and measures', async () => {
    const world = at('w.safetensors');
    const part = await train('--out', world, '--stages', 'tokenizer,actions', '--json');
    expect(part.code, part.stderr).toBe(0);
    expect(part.json).toMatchObject({ world: null, finished: true });

    const whole = await train('--out', world, '--licence', 'CC0', '--json');
    expect(whole.code, whole.stderr).toBe(0);
    const stages = ['tokenizer', 'actions', 'motion', 'prior', 'delta', 'dynamics'];
    expect(Object.keys((whole.json as { stages: object }).stages)).toEqual(stages);
    const { metadata } = await readWorldFile(world);
    expect(metadata.provenance).toMatchObject({ seeds: [1], licences: ['CC0'] });
    expect(metadata.provenance.command).toMatch(
      /^snowglobe train clips --family delta --preset micro --minutes 0.2 --stage-minutes motion=0.03 /,
    );
    expect(metadata.actionNames).toContain('right');
    expect(metadata.codeToAction).toHaveLength(8);

    // On a busy machine all steps may fall into one line of the log.
    const log = await readLog(at('w.run', 'delta.log.jsonl'));
    expect(log.at(-1)!.metrics['psnr']).toBeGreaterThan(6);
    // Seconds teach little, and its walks get longer, which is harder; it must not come apart.
    expect(log.at(-1)!.loss).toBeLessThan(log[0]!.loss + 0.2);
    expect(await readFile(at('w.run', 'report.html'), 'utf8')).toContain('dynamics');

    const script = ['--world', world, '--prompt', at('prompt.png'), '--actions', 'right*10 jump*4 #2'];
    const output = ['--out', at('walk.gif'), '--strip', at('strip.png'), '--seed', '7'];
    const walk = await run('generate', ...script, ...output, '--executor', 'onnx', '--codes', '--json');
    expect(walk.code, walk.stderr).toBe(0);
    expect(walk.json).toMatchObject({
      ...{ executor: 'onnx', frames: 15, seed: 7, submitsPerFrame: 0 },
      ...{ dispatchesPerFrame: expect.any(Number), msP50: expect.any(Number), msP95: expect.any(Number) },
    });
    expect((await readFile(at('walk.gif'))).subarray(0, 6).toString()).toBe('GIF89a');
    const strip = decodeImage(await readFile(at('strip.png')));
    expect(strip.width).toBeGreaterThan(10 * 128);
    const again = await run('generate', ...script, ...output, '--executor', 'onnx', '--codes', '--json');
    expect((again.json as { codes: unknown }).codes).toEqual((walk.json as { codes: unknown }).codes);

    const held = ['--data', at('held-out'), '--cache', at('cache')];
    const scores = await run(
      ...['eval', '--world', world, ...held, '--stride', '20'],
      ...['--steps', '20', '--keep', '--json'],
    );
    expect(scores.code, scores.stderr).toBe(0);
    const { rollouts, latentActions, ...figures } = scores.json as {
      rollouts: { starts: number; followed: number[] };
      latentActions: { usage: number[]; accuracy: number; perClass: Record<string, number> };
      tokenizerPsnr: number;
      crossEntropy: number;
      parameters: number;
    };
    expect(figures).toMatchObject({ clips: 4, certainty: 0 });
    expect(figures.tokenizerPsnr).toBeGreaterThan(4);
    expect(figures.crossEntropy).toBeGreaterThan(0);
    expect(figures.crossEntropy).toBeLessThan(2 * Math.log(64));
    const shown = await readWorldFile(world);
    const sizes = [...shown.tensors.values()].map(({ shape }) => shape.reduce((a, b) => a * b, 1));
    expect(figures.parameters).toBe(sizes.reduce((a, b) => a + b));
    expect(rollouts.starts).toBe(4 * 3);
    expect(rollouts.followed).toHaveLength(10);
    expect(rollouts.followed[0]).toBeGreaterThan(12);
    expect(latentActions.usage.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    expect(Object.keys(latentActions.perClass)).toContain('right');
    expect(latentActions.accuracy).toBeGreaterThan(0);

    const { evaluation } = (await readWorldFile(world)).metadata;
    expect(evaluation).toMatchObject({
      clips: 4,
      stride: 20,
      longRunSteps: 20,
      parameters: figures.parameters,
    });
  }, 300_000);

  it('goes on from that world feeling the rounding, and what comes of it is small and plays', async () => {
    // In the folder of the run, which is not there yet.
    const small = at('aware.run', 'small.safetensors');
    const aware = await run(
      ...['train', at('clips'), '--from', at('w.safetensors'), '--qat', 'w8a16', '--stages', 'motion'],
      ...['--stage-minutes', 'motion=0.03', '--cache', at('cache'), '--run', at('aware.run')],
      ...['--out', small, '--json'],
    );
    expect(aware.code, aware.stderr).toBe(0);
    expect(Object.keys((aware.json as { stages: object }).stages)).toEqual(['motion']);
    const [before, after] = await Promise.all(
      [at('w.safetensors'), small].map((path) => readWorldFile(path)),
    );
    expect(after!.metadata.quantization).toBeDefined();
    expect(after!.metadata.codeToAction).toEqual(before!.metadata.codeToAction);
    const [first, whole] = [before!, after!].map(({ metadata }) => metadata.provenance);
    expect(whole!.command.startsWith(`${first!.command}; then snowglobe train`)).toBe(true);
    expect(whole!.command).toContain('--from w.safetensors --qat w8a16 --stages motion --minutes');
    expect(whole!.hours).toBeGreaterThanOrEqual(first!.hours);
    // What was not trained is the base's, rounded; what was trained is not.
    const [words, floats] = [
      after!.tensors.get('dynamics/logits/weight_packed'),
      before!.tensors.get('dynamics/logits/weight'),
    ];
    expect(words!.data.byteLength).toBeLessThan(0.3 * floats!.data.byteLength);

    const held = ['--data', at('held-out'), '--cache', at('cache'), '--stride', '20', '--prefill', '5'];
    const scores = await run('eval', '--world', small, ...held, '--json');
    expect(scores.code, scores.stderr).toBe(0);
    expect(scores.json).toMatchObject({ prefill: 5, rollouts: { starts: 4 * 3 } });

    const twice = await run(
      'train',
      at('clips'),
      '--from',
      small,
      '--stages',
      'motion',
      '--out',
      at('y.safetensors'),
    );
    expect(twice.code).toBe(1);
    expect(twice.stderr).toMatch(/is quantized already/);
  }, 300_000);

  it('tells what is wrong in one sentence, and writes nothing', async () => {
    const cases: readonly (readonly [string[], number, RegExp])[] = [
      [['train', at('nowhere')], 1, /nowhere does not exist/],
      [['train', at('clips'), '--out', at('no-folder', 'w.safetensors')], 1, /no-folder does not exist/],
      [['train', at('clips'), '--out', at('x.gif')], 2, /x\.gif' is invalid\. It must end in \.safetensors/],
      [['train', at('clips'), '--qat', 'w5a16'], 2, /there is no 'w5a16'; use one of w8a16/],
      [['train', at('clips'), '--stages', 'tokenizer,magic'], 2, /magic is none of tokenizer/],
      [['train', at('clips'), '--stage-minutes', 'delta=3,magic=4'], 2, /magic is none of tokenizer/],
      [['train', at('clips'), '--size', '60x64'], 2, /multiples of 16/],
      [
        ['train', at('clips'), '--licence', 'MIT\nCC0'],
        2,
        /It has a line break or another control character/,
      ],
      [
        ['train', at('clips'), '--preset', 'memory', '--cache', at('cache'), '--out', at('x.safetensors')],
        1,
        /the dynamics stage needs a recording of 65 frames \(4\.3 s at 15 a second\), and the longest of 4 \(.+\) has 60/,
      ],
      [
        ['train', at('clips'), '--out', at('x.safetensors'), '--run', at('prompt.png', 'run')],
        1,
        /prompt\.png.run: cannot be made, .*prompt\.png is no folder/,
      ],
      [
        [
          ...['generate', '--world', at('w.safetensors'), '--prompt', at('prompt.png')],
          ...['--actions', 'sideways', '--out', at('x.gif')],
        ],
        2,
        /this world knows no sideways; it knows .+\. Type a name as it stands here/,
      ],
      [
        ['generate', '--world', 'nowhere', '--prompt', at('prompt.png'), '--actions', 'right'],
        1,
        /no 'nowhere'/,
      ],
      [
        ['generate', '--world', 'x', '--prompt', at('clips'), '--actions', 'right', '--out', at('x.gif')],
        1,
        /give the path of a PNG or JPEG/,
      ],
      [['generate', '--world', 'x', '--prompt', at('prompt.png'), '--actions', 'right*0'], 2, /right\*0/],
      [
        ['generate', '--out', at('x.avi')],
        2,
        /x\.avi' is invalid\. It must end in \.gif, \.mkv, \.mp4, \.png\./,
      ],
      [['generate', '--strip', at('x.gif')], 2, /x\.gif' is invalid\. It must end in \.png/],
      [['eval', 'nowhere', '--data', at('held-out')], 1, /no 'nowhere'/],
    ];
    for (const [args, code, sentence] of cases) {
      const outcome = await snowglobe(args);
      expect(outcome.code, args.join(' ')).toBe(code);
      expect(outcome.stderr).toMatch(sentence);
      expect(outcome.stderr).not.toMatch(/\n\s+at /);
    }
    expect((await readdir(folder)).filter((name) => name.startsWith('x') || name.endsWith('.tmp'))).toEqual(
      [],
    );
  }, 180_000);
});
