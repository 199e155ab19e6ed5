import { readFileSync, writeFileSync } from 'node:fs';
import { executor, prompts, file } from './scratch.js';
import { Laboratory } from './src/laboratory/laboratory.js';
import { LayerQuantizer, bytesOfMatrix } from './src/world/quantize_layers.js';
import { choosePlan } from './src/plan/choose.js';
import { encodePlan } from './src/plan/plan.js';
const lab = new Laboratory(file, { executor, prompts, seed: 0 });
const plan = lab.uniform('nf4-g64', 'rtn');
const { bytes } = lab.quantize(plan);
const q = new LayerQuantizer(file);
const sum = [...q.layers.keys()].reduce(
  (s, n) => s + bytesOfMatrix(q.quantize(n, { scheme: 'nf4-g64', algorithm: 'rtn' }).matrix),
  0,
);
console.log('bytes', bytes, 'matrices', sum, 'other', bytes - sum, 'limit', 19959800 / 6);
const options = new Map();
for (const line of readFileSync('/tmp/q/s3.log', 'utf8').split('\n')) {
  const m = /^(\S+\/\S+) (\d+) (\d+) (\S+) (\S+) (\S+)$/.exec(line);
  if (!m) continue;
  const f = m[1]!.startsWith('tokenizer') ? 0.01 : 1;
  const [d4, d8, k4] = [Number(m[4]) * f, Number(m[5]) * f, Number(m[6])];
  options.set(m[1], [
    { scheme: 'nf4-g64', algorithm: 'gptq', bytes: Number(m[2]), damage: d4, kl: k4 },
    { scheme: 'w8a16', algorithm: 'gptq', bytes: Number(m[3]), damage: d8, kl: d4 > 0 ? (k4 * d8) / d4 : 0 },
  ]);
}
console.log(options.size, q.layers.size);
for (const max of [2.85e6, 3.0e6, 3.32e6]) {
  const { plan, expected } = choosePlan(options, { maxBytes: max, otherBytes: bytes - sum });
  console.log(max, expected, Object.values(plan.layers).filter((l) => l.scheme === 'w8a16').length);
  writeFileSync(`/tmp/q/p-${max}.json`, encodePlan(plan));
}
