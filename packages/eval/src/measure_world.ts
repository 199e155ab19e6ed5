/** What people see of a world who play it for long: see `evaluateLong`, `evaluatePhysics`, `evaluateMemory`, `evaluateWords` and `evaluateEvents`. */
import type { Executor, VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { KvCacheBits, Label, Recordings, WorldModel } from '@snowglobe/model';
import { isPlayState, pixelsOf } from '@snowglobe/model/internal';
import type { ActionTable } from '@snowglobe/runtime';
import type { EventsEvaluation, EventsOptions } from './events/events.js';
import { evaluateEvents } from './events/events.js';
import type { Legend } from './legend/legend.js';
import type { LongEvaluation } from './long/long.js';
import { evaluateLong } from './long/long.js';
import type { MemoryEvaluation } from './memory/memory.js';
import { evaluateMemory } from './memory/memory.js';
import type { PhysicsEvaluation } from './physics/physics.js';
import { evaluatePhysics } from './physics/physics.js';
import { openReconstruction } from './pictures/reconstruction.js';
import type { Rules } from './rules/rules.js';
import { areWhole, replaysOf } from './simulated/replays.js';
import { recordedInGame, simulatorWalker } from './simulated/simulator_walker.js';
import { openOneStep } from './walks/one_step.js';
import type { WordsEvaluation, WordsOptions } from './words/words.js';
import { evaluateWords } from './words/words.js';
import { openWorldWalker } from './walks/world_walker.js';
import type { Walker } from './walks/walker.js';
import { bytesOf } from './walks/walker.js';

/** What is measured of a world, and how it is played for it. */
export interface MeasureOptions {
  readonly executor: Executor;
  /** Holds the world's weights. */
  readonly store: VariableStore;
  /** Whose art frames are drawn in. */
  readonly world: WordsOptions['world'];
  readonly seed: number;
  /** As the world is played. */
  readonly temperature: number;
  readonly confidenceThreshold: number;
  readonly kvCache?: KvCacheBits | undefined;
  /** What the keys of the world mean. */
  readonly keys: ActionTable;
  /** Names of a world's true actions in their order; by default those of the recordings. */
  readonly actionNames?: readonly string[];
  /** What the cells of its frames are called, and the rules of the game. */
  readonly legend?: Legend | undefined;
  readonly rules?: Rules | undefined;
  /** Walks; default 16. */
  readonly starts?: number | undefined;
  /** Walks for long; see `evaluateLong`. */
  readonly long?: { readonly frames?: number | undefined; readonly idleSeconds?: number } | undefined;
  /** Holds what it sees against the rules; see `evaluatePhysics`. */
  readonly physics?: { readonly frames?: number | undefined } | undefined;
  /** Whether it remembers; see `evaluateMemory`. */
  readonly memory?: boolean | undefined;
  /** Whether first frames show what sentences ask for; see `evaluateWords`. */
  readonly words?: Pick<WordsOptions, 'candidates' | 'rephrase' | 'sentences'> | undefined;
  /** Whether what it is told comes about; see `evaluateEvents`. */
  readonly events?: Pick<EventsOptions, 'trials'> | undefined;
  /** Told in a few words what takes time. */
  readonly onRemark?: ((remark: string) => void) | undefined;
}

/** What was measured; absent is what was not asked for. */
export interface WorldMeasurements {
  readonly long?: LongEvaluation;
  readonly physics?: PhysicsEvaluation;
  readonly memory?: MemoryEvaluation;
  readonly words?: WordsEvaluation;
  readonly events?: EventsEvaluation;
}

/**
 * Measures a world of any family on recordings that it never saw.
 * @throws SnowglobeError for recordings of another size or with other actions than the world has
 */
export async function measureWorld(
  data: Recordings,
  model: WorldModel,
  options: MeasureOptions,
): Promise<WorldMeasurements> {
  const { executor, store, world, seed, keys, actionNames, onRemark } = options;
  const { temperature, confidenceThreshold, kvCache } = options;
  const { width, height, fps } = model.config;
  if (data.width !== width || data.height !== height) {
    throw new SnowglobeError(
      `eval: recordings of ${data.width}x${data.height} do not fit a world of ${width}x${height}; open them at its size.`,
    );
  }
  const words =
    options.words &&
    (await evaluateWords(data, model, { executor, store, world, seed, onRemark, ...options.words }));
  if (!options.long && !options.physics && !options.memory && !options.events) return words ? { words } : {};
  const idle = idleKey(keys, options.rules);
  const training = await model.training();
  const session = training.open({ data, executor, store, seed, actionNames });
  let actions: Awaited<ReturnType<typeof session.actions>> | undefined;
  if (options.long || data.clips.some(({ hasActions }) => !hasActions)) {
    onRemark?.('reading actions off the recordings');
    actions = await session.actions();
  }
  const called = namesOf(data, keys, idle, actions);
  const how = { executor, store, keys, temperature, confidenceThreshold, kvCache };
  const { legend, rules, starts } = options;
  const common = { seed, idle, legend, rules, onRemark, ...(starts !== undefined && { starts }) };
  const events =
    options.events &&
    (await evaluateEvents(data, session, model, {
      ...{ ...how, world, seed, actionAt: called.asked, onRemark, ...options.events },
    }));
  const walker = await openWorldWalker(data, model, { ...how, world });
  let long: LongEvaluation | undefined;
  let physics: PhysicsEvaluation | undefined;
  let memory: MemoryEvaluation | undefined;
  try {
    if (options.long) {
      const again =
        training.reconstruction && (await openReconstruction(training.reconstruction, { executor, store }));
      const { frames, idleSeconds } = options.long;
      const replays = replaysOf(data);
      long = await evaluateLong(data, walker, {
        ...{ ...common, executor, fps },
        recorded: { actions: actions!, otherwise: idle },
        isIdle: (clip, frame) => called.recorded(clip, frame) === idle,
        ...(replays &&
          areWhole(data, replays) && {
            game: { walker: simulatorWalker(data, replays), recorded: recordedInGame(data) },
          }),
        ...(frames !== undefined && { frames }),
        ...(idleSeconds !== undefined && { idleSeconds }),
        ...(again && {
          drawAgain: async (some) => (await again.draw(some.map((frame) => pixelsOf(frame)))).map(bytesOf),
        }),
      }).finally(() => again?.close());
    }
    if (options.physics) {
      const { frames } = options.physics;
      physics = await evaluatePhysics(data, walker, {
        ...{ ...common, keys: called.all, actionAt: called.asked },
        openOneStep: () => openOneStep(data, session, model, { ...how, seed }),
        ...(frames !== undefined && { frames }),
      });
    }
    if (options.memory) {
      const controls: Record<string, Walker> = {};
      const stores: VariableStore[] = [];
      try {
        for (const [off, control] of Object.entries(model.controls?.() ?? {})) {
          const own = await weightsIn(how);
          stores.push(own);
          controls[off] = await openWorldWalker(data, control, { ...how, world, store: own });
        }
        memory = await evaluateMemory(data, walker, { ...common, controls, actionAt: called.asked });
      } finally {
        for (const control of Object.values(controls)) await control.close();
        for (const own of stores) own.close();
      }
    }
  } finally {
    await walker.close();
  }
  return {
    ...{ ...(long && { long }), ...(physics && { physics }), ...(memory && { memory }) },
    ...{ ...(words && { words }), ...(events && { events }) },
  };
}

/** The weights of a store in one of their own: the state of another model has the same names and other shapes. */
async function weightsIn({
  executor,
  store,
}: Pick<MeasureOptions, 'executor' | 'store'>): Promise<VariableStore> {
  const own = executor.createStore();
  for (const name of store.names()) {
    if (!isPlayState(name)) own.write(name, store.spec(name), await store.read(name));
  }
  return own;
}

/** Actions of recordings by the names of the world's keys. */
function namesOf(
  data: Recordings,
  keys: ActionTable,
  idle: string,
  actions: readonly ArrayLike<Label>[] | undefined,
) {
  const recorded = (clip: number, frame: number): string | undefined => {
    const [label] = data.actions(clip, frame, 1);
    return label === undefined ? undefined : data.actionNames[label];
  };
  const known = new Set(keys.names);
  const all = data.actionNames.filter((name) => known.has(name));
  return {
    recorded,
    /**
     * What the world is asked for: the key that was pressed; where no log tells, or the world has no such key, the action that is
     * read off the recording, if any were read; else nothing.
     */
    asked(clip: number, frame: number): string | number {
      const name = recorded(clip, frame);
      return name !== undefined && known.has(name) ? name : (actions?.[clip]?.[frame] ?? idle);
    },
    /** Keys that were pressed in the recordings; all keys where there are no logs. */
    all: all.length > 0 ? all : keys.names,
  };
}

/** What doing nothing is called, by the rules or by custom. */
function idleKey(keys: ActionTable, rules: Rules | undefined): string {
  const names = [rules?.idle, 'noop', 'none', 'idle', 'stay'].filter((name) => name !== undefined);
  // A table of keys always knows `none`.
  return names.find((name) => keys.names.includes(name)) ?? 'none';
}
