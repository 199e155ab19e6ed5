import { log, calibrate, meter, quantizeAll, makeStore, executor } from './scratch.js';
const m = await meter();
log('meter');
const { stats } = await calibrate(16, 24);
log('calibrated', stats.size);
const show = async (label: string, q: ReturnType<typeof quantizeAll>) => {
  log(label, 'quantized', (q.bytes / 1e6).toFixed(3) + 'MB', 'bpw', q.bpw.toFixed(2));
  const d = await m.measure({ executor, store: makeStore(q.over) });
  log(
    label,
    'KL',
    d.klMean.toExponential(2),
    '±',
    d.klStandardError.toExponential(1),
    'top1',
    (100 * d.top1).toFixed(2),
    'motion',
    (100 * d.motionTop1).toFixed(2),
    d.windows,
    d.codes,
  );
};
for (const [s, a] of [
  ['w8a16', 'rtn'],
  ['w4a16-g32', 'rtn'],
  ['w4a16-g32', 'mse'],
  ['w4a16-g32', 'hqq'],
  ['w4a16-g32-asym', 'mse'],
  ['w4a16-g32', 'gptq'],
  ['nf4-g64', 'gptq'],
  ['w4a16-g64', 'gptq'],
  ['w4a16-g32', 'rotate+gptq'],
  ['w4a16-g32', 'awq'],
  ['w4a16-g32', 'awq+gptq'],
] as const)
  await show(
    s + ' ' + a,
    quantizeAll(() => [s, a], stats),
  );
