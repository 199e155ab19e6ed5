/**
 * Records what worlds sample today, so that a test can tell when a change alters it: small untrained worlds of every way to remember and to keep
 * weights, as files, with the codes of each frame and the last picture. Run when a change of what is sampled is intended:
 * `npm run -s source -- packages/runtime/test/record_replays.ts [NAME...]`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { encodePng, imageOf } from '@snowglobe/media';
import { decodeWorld, encodeWorld } from '@snowglobe/model';
import { World } from '../src/world/world.js';
import { createReferenceExecutor } from '../src/reference/reference.js';
import { perChannel, roundedWorld } from '../src/testing/rounded_world.js';
import { untrainedPatches } from '../src/testing/untrained_patches.js';
import { untrainedConfig, untrainedWorld } from '../src/testing/untrained_world.js';
import { prompt, replays, script } from './replays.js';

const folder = fileURLToPath(new URL('./replays/', import.meta.url));
const plain = untrainedWorld();
const rounded = roundedWorld(plain, () => ({ bits: 8, group: 16, zeroPoints: false }));
const { latentActions: _, ...trueConfig } = untrainedConfig;
const { codeToAction: __, keys: ___, ...trueMetadata } = plain.metadata;

const worlds = {
  window: plain,
  'long-memory': untrainedWorld({ dynamics: { memory: 12, lookback: { frames: 4, recent: 1, window: 4 } } }),
  'true-actions': {
    ...plain,
    metadata: {
      ...trueMetadata,
      config: trueConfig,
      actionNames: Array.from({ length: trueConfig.motion.actions }, (_, i) => `action ${i}`),
    },
  },
  'w4a16-g16': roundedWorld(plain, () => ({ bits: 4, group: 16, zeroPoints: true })),
  w8a8: roundedWorld(plain, (depth, isFilter) => ({
    ...{ bits: 8, group: perChannel(depth), zeroPoints: false },
    ...(!isFilter && { activationBits: 8 }),
  })),
  'int8-kv-cache': {
    ...rounded,
    metadata: {
      ...rounded.metadata,
      quantization: { ...rounded.metadata.quantization!, kvCache: { bits: 8 as const } },
    },
  },
  patches: untrainedPatches(),
  'patches-by-pose': untrainedPatches('pose'),
};

mkdirSync(folder, { recursive: true });
const wanted = process.argv.slice(2);
for (const name of replays.filter((each) => wanted.length === 0 || wanted.includes(each))) {
  const bytes = encodeWorld(worlds[name]);
  writeFileSync(`${folder}${name}.safetensors`, bytes);
  const file = decodeWorld(bytes, name);
  const world = await World.create(file, name, async () => createReferenceExecutor());
  const session = await world.start({ prompt, seed: 7, temperature: 0 });
  const codes: number[][] = [];
  let last = session.first;
  for (const action of script) {
    const { codes: sampled, ...frame } = await session.step(action, { codes: true });
    codes.push([...sampled!]);
    last = frame;
  }
  await world.close();
  writeFileSync(`${folder}${name}.json`, `${JSON.stringify({ codes })}\n`);
  writeFileSync(`${folder}${name}.png`, encodePng(imageOf(last.rgba, last.width, last.height)));
  process.stdout.write(`${name}: ${bytes.length} bytes\n`);
}
