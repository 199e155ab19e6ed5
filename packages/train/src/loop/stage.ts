import type { Program } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { Batch } from '@snowglobe/model';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { logPath, MetricsLog } from '../metrics/log.js';
import type { Optimizer } from '../optimizer/optimizer.js';
import { rateAt, scheduleOf } from '../optimizer/schedule.js';
import { batchOf } from './batch.js';
import { flopsOf } from './build_step.js';
import type { StageOptions, StageResult } from './stage_options.js';
import type { CheckpointState } from './checkpoint.js';
import { saveCheckpoint } from './checkpoint.js';
import { startStage } from './start_stage.js';

/**
 * Trains one part of a model until its budget is used: compiles one graph for the whole step, feeds it batches (the
 * next one is prepared while a step runs, as far as its work leaves the JavaScript thread), logs, and writes
 * checkpoints. A stage that was killed continues from its last checkpoint; with a budget in steps its losses are those
 * of an uninterrupted run.
 *
 * @throws SnowglobeError for a loss that is no longer finite, a checkpoint of another model, seed or data, a full disk.
 */
export async function trainStage(options: StageOptions): Promise<StageResult> {
  checkOptions(options);
  const { name, executor, store, folder, budget } = options;
  const { step, assigned, state } = await startStage(options);
  const { graph, optimizer, metricNames } = step;
  const flopsPerStepWithOptimizer = flopsOf(graph);
  const flopsPerStep = flopsOf({ ...graph, outputs: optimizer.gradients, assignments: new Map() });
  const used = (): number =>
    Math.min(1, 'steps' in budget ? state.step / budget.steps : state.seconds / (60 * budget.minutes));
  const result = (): StageResult => ({
    step: state.step,
    seconds: state.seconds,
    framesPerStep: options.framesPerStep,
    finished: used() >= 1,
    flopsPerStep,
    flopsPerStepWithOptimizer,
  });
  if (used() >= 1 || options.loadOnly) return result();

  const program = await executor.compile(graph, { store });
  const log = await MetricsLog.open(logPath(folder, name), state.step, state.window.steps);
  const save = async (): Promise<void> => {
    await saveCheckpoint(folder, state, assigned, store);
    await options.onCheckpoint?.({ step: state.step, finished: used() >= 1 });
  };
  try {
    await takeSteps({ options, program, optimizer, metricNames, flopsPerStep, state, used, log, save });
  } finally {
    await log.close();
    await program.close();
  }
  return result();
}

interface Running {
  readonly options: StageOptions;
  readonly program: Program;
  readonly optimizer: Optimizer;
  readonly metricNames: readonly string[];
  readonly flopsPerStep: number;
  /** Moves along with the steps. */
  readonly state: CheckpointState;
  readonly used: () => number;
  readonly log: MetricsLog;
  readonly save: () => Promise<void>;
}

async function takeSteps(running: Running): Promise<void> {
  const { options, program, optimizer, metricNames, flopsPerStep, state, used, log, save } = running;
  const { name, budget, framesPerStep, signal, checkpointEvery = 180, logEvery = 20 } = options;
  const schedule = scheduleOf(options);
  const prepare = (step: number): Promise<Batch> => {
    const batch = (async () => batchOf(options, step))();
    // A failure is reported when the batch is awaited; unhandled until then, it would end the process.
    batch.catch(() => {});
    return batch;
  };

  const before = state.step;
  let logged = { step: state.step, seconds: state.seconds };
  let rate = 0;
  /** The line of the steps since the one before. */
  const append = async (): Promise<void> => {
    const perStep = (state.seconds - logged.seconds) / (state.step - logged.step);
    const { loss, ...metrics } = means(state.window);
    await log.append({
      step: state.step,
      seconds: state.seconds,
      loss: loss!,
      rate,
      framesPerSecond: framesPerStep / perStep,
      gflops: flopsPerStep / perStep / 1e9,
      metrics,
    });
  };

  let batch = prepare(state.step + 1);
  // What a stage prepares once, with its first batch, is not training: it does not use the budget.
  await batch;
  let smoothed: number | undefined;
  let savedAt = performance.now();
  let savedStep = -1;
  let stepStart = performance.now();
  while (used() < 1 && !signal?.aborted) {
    const step = state.step + 1;
    rate = rateAt(step, used(), schedule);
    const run = program.run({ ...(await batch), ...optimizer.inputs(step, rate) });
    if (!('steps' in budget && step >= budget.steps)) batch = prepare(step + 1);
    const outputs = await run;
    const values = Object.fromEntries(metricNames.map((metric) => [metric, outputs[metric]![0]!]));
    checkFinite(name, step, values);
    // Runs of a CPU executor block the thread: let timers, signals and the next batch have their turn.
    await nextTurn();

    const seconds = (performance.now() - stepStart) / 1000;
    stepStart = performance.now();
    state.step = step;
    state.seconds += seconds;
    smoothed = smoothed === undefined ? seconds : 0.95 * smoothed + 0.05 * seconds;
    state.window.steps++;
    for (const [metric, value] of Object.entries(values)) {
      state.window.sums[metric] = (state.window.sums[metric] ?? 0) + value;
    }
    const { loss, ...metrics } = values;
    options.onProgress?.({
      stage: name,
      step,
      fraction: used(),
      seconds: state.seconds,
      secondsLeft:
        'steps' in budget
          ? (budget.steps - step) * smoothed
          : Math.max(0, 60 * budget.minutes - state.seconds),
      loss: loss!,
      metrics,
      rate,
      framesPerSecond: framesPerStep / smoothed,
      gflops: flopsPerStep / smoothed / 1e9,
    });
    if (step % logEvery === 0 || used() >= 1) {
      await append();
      logged = { step, seconds: state.seconds };
      state.window = { steps: 0, sums: {} };
    }
    if (performance.now() - savedAt >= checkpointEvery * 1000 && used() < 1) {
      await save();
      savedStep = state.step;
      savedAt = performance.now();
      // Saving is not training: it does not use the budget.
      stepStart = savedAt;
    }
  }
  // Stopped within a window: what it was until here can be seen; `MetricsLog.open` takes the line off where the stage goes on.
  if (used() < 1 && state.window.steps > 0) {
    if (state.step > before) await append();
    else if (log.unfinished) await log.append(log.unfinished);
  }
  if (state.step !== savedStep) await save();
}

function means({ steps, sums }: CheckpointState['window']): Record<string, number> {
  return Object.fromEntries(Object.entries(sums).map(([metric, total]) => [metric, total / steps]));
}

function checkFinite(stage: string, step: number, values: Readonly<Record<string, number>>): void {
  for (const [metric, value] of Object.entries(values)) {
    if (Number.isFinite(value)) continue;
    throw new SnowglobeError(
      `train: the ${metric} of the ${stage} stage became ${value} at step ${step}; lower the learning rate and resume from the last checkpoint, which is from before.`,
    );
  }
}

function checkOptions({ name, budget, framesPerStep, seed }: StageOptions): void {
  const amount = 'steps' in budget ? budget.steps : budget.minutes;
  if (!/^[\w-]+$/.test(name)) {
    throw new SnowglobeError(`train: '${name}' cannot name a stage; use letters, digits and dashes.`);
  }
  if (!(amount > 0) || ('steps' in budget && !Number.isInteger(budget.steps))) {
    throw new SnowglobeError(
      `train: a budget of ${amount} ${'steps' in budget ? 'steps' : 'minutes'} is none; give a positive number.`,
    );
  }
  if (!(framesPerStep > 0) || !Number.isInteger(seed)) {
    throw new SnowglobeError(
      `train: framesPerStep ${framesPerStep} must be positive and seed ${seed} an integer.`,
    );
  }
}
