import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExportedValue } from '@snowglobe/runtime';
import { openWorld, writeWorldFile } from '@snowglobe/runtime';
import { roundedWorld, untrainedWorld } from '@snowglobe/runtime/testing';
import ort from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { snowglobe } from '../testing/snowglobe.js';

vi.setConfig({ testTimeout: 90_000 });

let folder: string;
let world: string;
let out: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-export-'));
  world = join(folder, 'small.safetensors');
  out = join(folder, 'small.onnx');
  const format = { bits: 4, group: 16, zeroPoints: false } as const;
  await writeWorldFile(
    world,
    roundedWorld(untrainedWorld(), () => format),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Answer {
  bytes: number;
  inputs: ExportedValue[];
  outputs: ExportedValue[];
  actions: string[];
}

const arrays = { int32: Int32Array, float32: Float32Array } as const;
const zeros = ({ type, shape }: ExportedValue): ort.Tensor => {
  const kind = type as keyof typeof arrays;
  const size = shape.reduce((a, b) => a * b, 1);
  return new ort.Tensor(kind as 'float32', new arrays[kind](size), shape);
};

test('the file plays in ONNX Runtime by what the JSON says of it', async () => {
  const { code, stdout, stderr } = await snowglobe(['export', world, '--out', out, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  const { bytes, inputs, actions } = JSON.parse(stdout) as Answer;
  expect((await readFile(out)).length).toBe(bytes);

  const session = await ort.InferenceSession.create(out, { logSeverityLevel: 3 });
  expect([...session.inputNames]).toEqual(inputs.map(({ name }) => name));
  // At temperature 0 the random numbers decide nothing. A grey prompt is nearly zero, so it is said in full.
  const feeds = Object.fromEntries(inputs.map((value) => [value.name, zeros(value)]));
  const frame = inputs.find(({ name }) => name === 'state/frame')!;
  const [, height, width] = frame.shape as [number, number, number, number];
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 7) % 256);
  feeds['state/frame'] = new ort.Tensor(
    Float32Array.from(data, (byte) => byte / 127.5 - 1),
    frame.shape,
  );
  const opened = await openWorld(world, { executor: 'onnx', threads: 1 });
  const play = await opened.start({
    prompt: { width, height, data },
    temperature: 0,
    confidenceThreshold: 0,
  });
  for (const action of ['right', 'left', 'none']) {
    feeds['action'] = new ort.Tensor('int32', [actions.indexOf(action)], [1]);
    const results = await session.run(feeds);
    const { rgba } = await play.step(action);
    expect([...(results['rgb']!.data as Uint8Array)]).toEqual([...rgba].filter((_, i) => i % 4 !== 3));
    for (const name of Object.keys(feeds)) {
      if (name.startsWith('state/')) feeds[name] = results[name.replace('state', 'next')]!;
    }
  }
  await opened.close();
  await session.release();
});

test('for people: what goes in and what comes out', async () => {
  const { code, stdout } = await snowglobe(['export', world, '--out', out]);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /small\.onnx: \d+\.\d kB, one frame a run\.\nInputs:\n {2}action +int32 +\(1\) +what/,
  );
  expect(stdout).toMatch(/\nOutputs:\n {2}rgb +uint8 +\(1, 32, 32, 3\) +the frame to show/);
  expect(stdout).toMatch(/\nActions, .*:\n {2}0 left, 1 none, 2 right, 3 up, /);
});

test('a batch of worlds side by side', async () => {
  const { code, stdout } = await snowglobe(['export', world, '--out', out, '--batch', '3', '--json']);
  expect(code).toBe(0);
  const { inputs, outputs } = JSON.parse(stdout) as Answer;
  expect(inputs.find(({ name }) => name === 'action')!.shape).toEqual([3]);
  expect(outputs.find(({ name }) => name === 'rgb')!.shape).toEqual([3, 32, 32, 3]);
});

test('the file says what is to be said of what it draws', async () => {
  const { code } = await snowglobe(['export', world, '--out', out, '--producer', 'Example']);
  expect(code).toBe(0);
  const text = (await readFile(out)).toString('latin1');
  const label = JSON.parse(/contentLabel.{3,4}?(\{.*?\}\})/s.exec(text)![1]!) as unknown;
  expect(label).toMatchObject({
    digitalSourceType: 'trainedAlgorithmicMedia',
    description: 'Drawn by a model: the world small of Snowglobe 0.1.0.',
    aigc: { Label: '1', ContentProducer: 'Example' },
  });
});

test('a training step, by the options of train', async () => {
  const at = (name: string): string => join(folder, name);
  const clips = ['--clips', '2', '--frames', '30', '--seed', '3', '--out', at('clips')];
  expect((await snowglobe(['record', 'platformer', ...clips])).code).toBe(0);
  const size = ['--family', 'delta', '--preset', 'micro', '--size', '32x32', '--cache', at('cache')];
  const run = ['--run', at('w.run'), '--batches', '2', '--out', at('step')];
  const step = (stage: string, ...more: string[]) =>
    snowglobe(['export', at('clips'), '--train', stage, ...size, ...run, ...more]);

  const { code, stdout, stderr } = await step('tokenizer');
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/step: a training step of the tokenizer stage, after 0 steps\.\n {2}grads\.onnx/);
  expect(stdout).toMatch(/batches of 24 frames, of the steps 1 to 2\n/);
  expect(stdout).toMatch(/torchrun .*train_ddp\.py .*step .*w\.run --steps 1000$/m);
  expect((await readdir(at('step'))).sort()).toEqual([
    ...['apply.onnx', 'batches', 'grads.onnx', 'initial.safetensors', 'manifest.json'],
  ]);
  expect((await readdir(join(at('step'), 'batches'))).sort()).toEqual([
    ...['000001.safetensors', '000002.safetensors'],
  ]);

  const json = await step('tokenizer', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({
    ...{ stage: 'tokenizer', run: at('w.run'), batches: { first: 1, count: 2 } },
    update: {
      file: 'apply.onnx',
      outputs: expect.arrayContaining([expect.objectContaining({ name: 'gradientNorm' })]),
    },
  });
  const delta = await step('delta');
  expect([delta.code, delta.stdout]).toEqual([1, '']);
  expect(delta.stderr).toContain('the delta stage needs the actions stage, which has no checkpoint in');
  const unknown = await step('nothing');
  expect([unknown.code, unknown.stdout]).toEqual([2, '']);
  expect(unknown.stderr).toContain('nothing is none of tokenizer, actions, motion');
}, 180_000);

test.each([
  [['nowhere', '--out', 'x.onnx'], 1, "world: there is no 'nowhere' among"],
  [['./nowhere.safetensors', '--out', 'x.onnx'], 1, 'nowhere.safetensors: does not exist'],
  [['coinrun', '--out', './no/folder/x.onnx'], 1, 'the folder ./no/folder does not exist; make it first'],
  [['coinrun', '--out', 'x.onnx', '--batch', '0'], 2, 'It must be an integer from 1 to 1024.'],
  [['coinrun'], 2, "required option '--out <path>' not specified"],
  [['coinrun', '--out', 'x'], 2, '--out x: an ONNX file must end in .onnx.'],
  [['coinrun', 'crafter', '--out', 'x.onnx'], 2, 'export takes one world; 2 were named.'],
  [['clips', '--out', 'x', '--train', 'motion', '--batch', '3'], 2, '--batch is for worlds that are played;'],
  [['coinrun', '--out', 'x.onnx', '--seed', '3'], 2, '--seed is for --train STAGE; leave it out'],
] as const)('refuses %j', async (args, code, message) => {
  const result = await snowglobe(['export', ...args]);
  expect(result.stderr).toContain(message);
  expect([result.code, result.stdout]).toEqual([code, '']);
  expect(await readdir('.')).not.toContain('x.onnx');
});
