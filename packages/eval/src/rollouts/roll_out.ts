import type { Graph, Program, TensorData, VariableStore } from '@snowglobe/graph';
import type { SamplingOptions, WorldModel } from '@snowglobe/model';

/** A frame of play, compiled for worlds side by side, and the store that it runs over. */
export interface CompiledFrame {
  /** See `WorldModel.frameGraph`. */
  readonly graph: Graph;
  readonly program: Program;
  readonly store: VariableStore;
  readonly model: WorldModel;
}

/** Worlds that are sampled side by side. */
export interface Rollout extends SamplingOptions {
  /** Frames to sample. */
  readonly length: number;
  /** (B, H, W, 3) in −1 … 1: where worlds begin; by default where the store's state is. */
  readonly prompts?: Float32Array;
  /** Frames that the store's state has seen since its prompt; default 0. */
  readonly first?: number;
  /** What is wanted in each world in step t, see `ActionTable`. */
  readonly actionLogits: (t: number) => readonly Float32Array[];
  /** What is asked of each step; default `frame`. */
  readonly outputs?: readonly string[];
  /** Called before each step, when the store holds the state before it. */
  readonly before?: (t: number) => Promise<void>;
}

/** Puts worlds at their prompts (B, H, W, 3), remembering nothing. */
export function beginAt(
  { graph, store, model }: Omit<CompiledFrame, 'program'>,
  prompts: Float32Array,
): void {
  for (const [name, data] of model.initialState(graph.variables, prompts)) {
    store.write(name, graph.variables.get(name)!, data);
  }
}

/**
 * Samples frames of worlds side by side as a session does: world b is what a session with its seed, its prompt and its
 * actions would show.
 */
export async function rollOut(
  { graph, program, store, model }: CompiledFrame,
  { length, prompts, first = 0, actionLogits, outputs = ['frame'], before, ...sampling }: Rollout,
  onFrame: (t: number, sampled: Readonly<Record<string, TensorData>>) => void,
): Promise<void> {
  if (prompts) beginAt({ graph, store, model }, prompts);
  for (let t = 0; t < length; t++) {
    await before?.(t);
    onFrame(t, await program.run(model.frameInputs(first + t, actionLogits(t), sampling), outputs));
  }
}

/** A seed a world: those of a batch, and of batches after it, are all different. */
export const seedsFrom = (seed: number, first: number, worlds: number): number[] =>
  Array.from({ length: worlds }, (_, world) => seed + first + world);
