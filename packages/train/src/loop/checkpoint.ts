import { access, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Tensor, VariableStore } from '@snowglobe/graph';
import { sizeOf, SnowglobeError } from '@snowglobe/graph';
import { allocate, sameShape, describeIssue } from '@snowglobe/graph/internal';
import type { FileTensor } from '@snowglobe/model';
import { decodeSafetensors, encodeSafetensors, fileTypes } from '@snowglobe/model/internal';
import { writeFileAtomically, whyNot } from '@snowglobe/runtime/internal';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const amount = v.pipe(v.number(), v.finite());

const stateSchema = v.strictObject({
  stage: v.string(),
  /** Steps taken. */
  step: count,
  /** Seconds of the budget used, over all sessions. */
  seconds: v.pipe(amount, v.minValue(0)),
  /** Seed of the run. Batches and first weights follow from it and the step, so it is all the random state there is. */
  seed: v.pipe(v.number(), v.integer()),
  /** What it learns from, see `StageOptions.data`; checkpoints of earlier versions do not say. */
  data: v.optional(v.string()),
  /** Sums over the steps since the last line of the log. */
  window: v.strictObject({ steps: count, sums: v.record(v.string(), amount) }),
});

export type CheckpointState = v.InferOutput<typeof stateSchema>;

export const checkpointName = (stage: string): string => `${stage}.checkpoint.safetensors`;
export const checkpointPath = (folder: string, stage: string): string => join(folder, checkpointName(stage));
const previousPath = (folder: string, stage: string): string =>
  join(folder, `${stage}.checkpoint.previous.safetensors`);

/** Whether a stage has a checkpoint in a run folder, or the one before it. */
export async function hasCheckpoint(folder: string, stage: string): Promise<boolean> {
  const found = [checkpointPath, previousPath].map((path) =>
    access(path(folder, stage)).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(found)).includes(true);
}

/**
 * A checkpoint as a file: the state and the named variables, zeros where the store has none.
 * @throws SnowglobeError when a value is not finite
 */
export async function encodeCheckpoint(
  state: CheckpointState,
  variables: ReadonlyMap<string, Tensor>,
  store: VariableStore,
): Promise<Uint8Array> {
  const tensors = await tensorsOf(variables, store);
  return encodeSafetensors(tensors, new Map([['checkpoint', JSON.stringify(state)]]));
}

/** Variables as tensors of a file, zeros where the store has none. */
export async function tensorsOf(
  variables: ReadonlyMap<string, Tensor>,
  store: VariableStore,
): Promise<Map<string, FileTensor>> {
  const tensors = new Map<string, FileTensor>();
  for (const [name, { shape, dtype }] of variables) {
    const data = store.has(name) ? await store.read(name) : allocate(dtype, sizeOf(shape));
    // The store's array has the type of the variable; the pair cannot be told to TypeScript more precisely.
    tensors.set(name, { dtype: fileTypes[dtype], shape, data } as FileTensor);
  }
  return tensors;
}

/**
 * Writes a checkpoint; the one before it is kept as `STAGE.checkpoint.previous.safetensors`.
 * @throws SnowglobeError when a value is not finite or the file cannot be written; the old checkpoint stays.
 */
export async function saveCheckpoint(
  folder: string,
  state: CheckpointState,
  variables: ReadonlyMap<string, Tensor>,
  store: VariableStore,
): Promise<void> {
  const bytes = await encodeCheckpoint(state, variables, store);
  const path = checkpointPath(folder, state.stage);
  const next = `${path}.next`;
  await writeFileAtomically(next, bytes);
  // A crash between the two renames leaves the previous checkpoint, which loading falls back to.
  await rename(path, previousPath(folder, state.stage)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(next, path);
}

/**
 * Puts the newest readable checkpoint of a stage into the store.
 * @returns its state, or `undefined` when the stage has none
 * @throws SnowglobeError when checkpoints exist but none can be read, or when it is of another model.
 */
export async function loadCheckpoint(
  folder: string,
  stage: string,
  variables: ReadonlyMap<string, Tensor>,
  store: VariableStore,
): Promise<CheckpointState | undefined> {
  let failure: unknown;
  for (const path of [checkpointPath(folder, stage), previousPath(folder, stage)]) {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw new SnowglobeError(`checkpoint ${path} cannot be read, as ${whyNot(error)}.`);
    }
    let checkpoint: Checkpoint;
    try {
      checkpoint = decode(bytes, path);
    } catch (error) {
      // Damaged, for example by a disk that lost power: the one before it is minutes older.
      failure ??= error;
      continue;
    }
    restore(path, checkpoint, variables, store);
    return checkpoint.state;
  }
  if (failure) throw failure;
  return undefined;
}

interface Checkpoint {
  readonly state: CheckpointState;
  readonly tensors: ReadonlyMap<string, FileTensor>;
}

function decode(bytes: Uint8Array, path: string): Checkpoint {
  const { metadata, tensors } = decodeSafetensors(bytes, path);
  const text = metadata.get('checkpoint');
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), stateSchema), text);
  if (!parsed.success) {
    throw new SnowglobeError(
      `checkpoint ${path}: its state is damaged (${describeIssue(parsed.issues[0])}); delete the file to start the stage again.`,
    );
  }
  return { state: parsed.output, tensors };
}

function restore(
  path: string,
  { tensors }: Checkpoint,
  variables: ReadonlyMap<string, Tensor>,
  store: VariableStore,
): void {
  const remedy = 'resume with the options it was started with, or choose another run folder';
  for (const [name, { shape, dtype }] of variables) {
    const tensor = tensors.get(name);
    if (!tensor || tensor.dtype !== fileTypes[dtype] || !sameShape(tensor.shape, shape)) {
      throw new SnowglobeError(
        `checkpoint ${path}: has ${tensor ? `another shape of '${name}'` : `no '${name}'`}; ${remedy}.`,
      );
    }
  }
  for (const name of tensors.keys()) {
    if (!variables.has(name)) {
      throw new SnowglobeError(`checkpoint ${path}: '${name}' is not in this model; ${remedy}.`);
    }
  }
  for (const [name, tensor] of variables) {
    const { data } = tensors.get(name)!;
    if (data instanceof Uint8Array || data instanceof BigInt64Array) {
      throw new Error('checkpoint: a variable has neither type u8 nor i64');
    }
    store.write(name, tensor, data);
  }
}
