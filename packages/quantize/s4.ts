import { gptq } from './src/algorithms/gptq.js';
import { roundToNearest } from './src/algorithms/round.js';
import { rowStatistics } from './src/algorithms/statistics.js';
import { schemeNamed } from './src/schemes/registry.js';
import { normals } from './src/testing/random.js';
const k = 4096,
  n = 128;
const rs = rowStatistics(Float32Array.from(normals(576 * k, 1)), k);
const s = schemeNamed('nf4-g64');
const time = (l: string, f: () => unknown) => {
  const c0 = process.cpuUsage();
  f();
  console.log(l, process.cpuUsage(c0).user / 1e6);
};
const data = normals(k * n, 2);
const d = data.subarray(0, k);
time('block', () => rs.block(0, 512));
time('cross', () => {
  for (let i = 0; i < 128; i++) rs.cross(2048, 2560, d.subarray(0, 2048));
});
time('error', () => {
  for (let i = 0; i < 128; i++) rs.error(d);
});
time('round', () => roundToNearest({ inputs: k, outputs: n, data }, s, s.format(k), { search: true }));
time('gptq', () => gptq({ inputs: k, outputs: n, data }, s, s.format(k), rs));
