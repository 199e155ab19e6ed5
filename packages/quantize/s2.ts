import { log, calibrate, meter, quantizeAll, makeStore, executor } from './scratch.js';
const m = await meter();
const { stats } = await calibrate(16, 24);
log('calibrated', stats.size);
const q4 = quantizeAll(
  (n) => (n.startsWith('dynamics') || n.startsWith('delta/hint') ? ['nf4-g64', 'gptq'] : undefined),
  stats,
).over;
log('quantized');
const q8 = quantizeAll(
  (n) => (n.startsWith('dynamics') || n.startsWith('delta/hint') ? ['w8a16', 'gptq'] : undefined),
  stats,
).over;
const test = async (label: string, over: Map<string, Float32Array>) => {
  const d = await m.measure({ executor, store: makeStore(over) });
  log(
    label,
    'KL',
    d.klMean.toExponential(2),
    '±',
    d.klStandardError.toExponential(1),
    'top1',
    (100 * d.top1).toFixed(2),
  );
};
await test('all 8', q8);
await test('all 4', q4);
const groups = [
  'delta/hint/half/',
  'delta/hint/halfBlock',
  'delta/hint/quarter',
  'delta/hint/eighth',
  'delta/hint/told',
  'dynamics/context',
  'dynamics/codes',
  'dynamics/logits',
  ...[0, 1, 2, 3].flatMap((i) =>
    ['space/attention', 'space/mlp', 'time/qkv', 'time/out', 'time/up', 'time/down'].map(
      (x) => `dynamics/layer${i}/${x}`,
    ),
  ),
];
for (const g of groups) {
  const over = new Map([...q4].filter(([n]) => n.startsWith(g)));
  await test(g + ' ' + over.size + ' ' + [...over.values()].reduce((a, b) => a + b.length, 0), over);
}
