import { writeFileSync } from 'node:fs';
import { log, makeStore, executor, config, prompts, file, float } from './scratch.js';
import { calibrate } from './src/calibration/calibrate.js';
import { playTrajectories } from './src/calibration/trajectories.js';
import { Meter, damageOf } from './src/measure/meter.js';
import { LayerQuantizer, otherBytes } from './src/world/quantize_layers.js';
import { measureSensitivity } from './src/plan/sensitivity.js';
import { choosePlan } from './src/plan/choose.js';
import { encodePlan, uniformPlan } from './src/plan/plan.js';

const stats = await calibrate(config, { executor, store: makeStore(), prompts, temperature: 0.5, seed: 1 });
log('calibrated', stats.size);
const trs = await playTrajectories(config, {
  executor,
  store: makeStore(),
  prompts: [...prompts].reverse(),
  worlds: 16,
  steps: 24,
  temperature: 0.5,
  seed: 77,
});
const small = await Meter.create(config, trs.map((t) => t).slice(0, 8), { executor, store: float, seed: 5 });
const m = await Meter.create(config, trs, { executor, store: float, seed: 5 });
log('meters');
const q = new LayerQuantizer(file, stats);
const other = otherBytes(file.tensors, new Set(q.layers.keys()));
const show = async (label: string, plan: any) => {
  const t = performance.now();
  let t1 = performance.now();
  let names = Object.keys(plan.layers);
  const done = q.apply(plan, (d) => {
    const t2 = performance.now();
    if (t2 - t1 > 1500) log('slow', names[d - 1], ((t2 - t1) / 1000).toFixed(1));
    t1 = t2;
  });
  log(label, 'quantize s', ((performance.now() - t) / 1000).toFixed(1));
  const store = makeStore(new Map([...done].map(([n, l]) => [n, l.weights])));
  const o = await m.open({ executor, store });
  const s = await o.measure();
  await o.close();
  log(
    label,
    Object.entries(s)
      .map(
        ([n, x]) =>
          `${n} ${x.klMean.toExponential(2)}±${x.klStandardError.toExponential(0)} ${(100 * x.top1).toFixed(2)}`,
      )
      .join(' | '),
  );
  return s;
};
await show('w8 gptq', uniformPlan(q.layers.keys(), 'w8a16', 'gptq'));
await show('nf4-g64 gptq', uniformPlan(q.layers.keys(), 'nf4-g64', 'gptq'));
const ways = [
  { scheme: 'nf4-g64', algorithm: 'gptq' },
  { scheme: 'w8a16', algorithm: 'gptq' },
];
const options = await measureSensitivity(q, small, { executor, store: makeStore(), ways });
log('sensitivity');
for (const [n, [a, b]] of options)
  console.log(
    n,
    a!.bytes,
    b!.bytes,
    a!.damage.toExponential(2),
    b!.damage.toExponential(2),
    a!.kl.toExponential(2),
  );
for (const max of [3.0e6, 3.32e6]) {
  const { plan, expected } = choosePlan(options, { maxBytes: max, otherBytes: other });
  log(max, expected);
  writeFileSync(`/tmp/q/plan-${max}.json`, encodePlan(plan));
  await show('mixed ' + max, plan);
}
