import { simplify } from '@snowglobe/compiler';
import type { TensorData } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { show } from '@snowglobe/graph/internal';
import type { OnnxModel, OnnxValue } from '@snowglobe/kernels/internal';
import { OnnxEmitter } from '@snowglobe/kernels';
import { encodeOnnx, onnxTypes } from '@snowglobe/kernels/internal';
import type { ContentLabel } from '@snowglobe/media';
import type { ExportedFrame, WorldFile } from '@snowglobe/model';
import { stateName } from '@snowglobe/model/internal';
import type { LoweredGraph } from '../onnx/lower.js';
import { lowerToOnnx } from '../onnx/lower.js';
import { renameValues } from '../onnx/rename.js';
import { actionTable } from '../world/actions.js';
import { checkWeights } from '../world/engine.js';
import { worldWeights } from '../world/weights.js';
import type { ExportedValue } from './signature.js';
import {
  exportedMetadata,
  exportedValue,
  frameCount,
  howToPlay,
  meaningOf,
  stateIn,
  stateOut,
} from './signature.js';

/** A world's frame as an ONNX file. */
export interface ExportedWorld {
  /** The file. */
  readonly bytes: Uint8Array;
  readonly inputs: readonly ExportedValue[];
  readonly outputs: readonly ExportedValue[];
  /** What can be done; the input `action` is an index into this. With latent actions the codes themselves come last. */
  readonly actions: readonly string[];
}

/** What is written into an exported file beside the world. */
export interface ExportOptions {
  /**
   * Worlds that a run steps together, each at a frame of its own: B, 2 to 1,024. World b has the b-th of B equal parts of every input and output
   * but random numbers in rows a refinement step, (S, B · N), of which it has the b-th of B parts of each row. Default: one world.
   */
  readonly batch?: number;
  /** Version of the program that exports, as the file's `producer_version`; default none. */
  readonly producerVersion?: string;
  /** What files are to say that show what it draws; in the metadata as `contentLabel`. Default: nothing. */
  readonly label?: ContentLabel;
}

/**
 * Makes one ONNX file of a frame of play: the graph that the `onnx` executor compiles, with the weights inside. ONNX Runtime
 * from version 1.18 on (`leastOnnxRuntime`) plays it without Snowglobe, and samples the same frames. Weights in few bits stay so: the
 * file holds no float copy of them. Operators of ONNX Runtime's own stand in its domain, `com.microsoft`.
 *
 * Each run takes `action`, `temperature`, `certainty`, random numbers and the state (`state/…`), and gives the frame as `rgb`
 * (1, H, W, 3) in bytes and the next state (`next/…`). States are zeros at first, but `state/frame` is the prompt in −1 … 1.
 * The file's `doc_string` and `metadata_props` say the same.
 *
 * @param source the world in words, for messages
 * @throws SnowglobeError when weights are missing, or are more than an ONNX file can hold; for a batch of a world that cannot be stepped so
 */
export function exportWorld(
  file: WorldFile,
  source: string,
  { producerVersion, label, batch: wanted = 1 }: ExportOptions = {},
): ExportedWorld {
  const batch = readBatch(file, source, wanted);
  // As `Engine` and the executor do before they lower it, so that the nodes are the same.
  const graph = simplify(checkWeights(file, source, batch));
  const frozen = new Map<string, TensorData>();
  for (const [name, { data }] of worldWeights(file, source).variables) {
    if (!graph.assignments.has(name)) frozen.set(name, data);
  }
  const actions = logitsByName(file);
  const model = playable(
    lowerToOnnx(graph, frozen, { rowWrites: false, isPortable: true }),
    file.model.exported,
    actions,
    batch ?? 1,
  );
  const names = actions.map(({ name }) => name);
  const described = {
    ...{ ...model, description: howToPlay(batch) },
    ...(producerVersion !== undefined && { producerVersion }),
    metadata: exportedMetadata(file, names, model, { label, batch }),
  };
  return {
    bytes: encodeOnnx(described),
    inputs: model.inputs.map(exportedValue),
    outputs: model.outputs.map(exportedValue),
    actions: names,
  };
}

/** @returns undefined for a single world @throws SnowglobeError */
function readBatch({ model }: WorldFile, source: string, batch: number): number | undefined {
  if (!Number.isInteger(batch) || batch < 1 || batch > mostWorlds) {
    throw new SnowglobeError(
      `export: batch ${show(batch)} is not an integer of 1 to ${mostWorlds}; choose one.`,
    );
  }
  if (batch === 1) return undefined;
  if (model.stepsApart) return batch;
  throw new SnowglobeError(
    `${source}: worlds of this kind, with a long memory, cannot be stepped side by side at frames of their own; export one without a batch.`,
  );
}

const mostWorlds = 1024;

/** What can be done: the world's actions, and where they are latent each code alone, for those who find out what it does. */
function logitsByName(file: WorldFile): { name: string; actionLogits: Float32Array }[] {
  const table = actionTable(file);
  const { count, areLatent } = file.model.actions;
  const codes = areLatent ? Array.from({ length: count }, (_, code) => code) : [];
  return [
    ...table.names.map((name) => ({ name, actionLogits: table.logitsOf(name) })),
    ...codes.map((code) => ({ name: `code ${code}`, actionLogits: table.logitsOf(code) })),
  ];
}

/** Puts nodes around a frame so that it takes actions by index and counts frames itself, and gives its picture as bytes. */
function playable(
  { model, inputs, variables, outputs, assignments }: LoweredGraph,
  exported: ExportedFrame,
  actions: readonly { readonly actionLogits: Float32Array }[],
  batch: number,
): OnnxModel {
  const valueOf = new Map([...model.inputs, ...model.outputs].map((value) => [value.name, value]));
  const renamed = new Map<string, string>();
  const results: OnnxValue[] = [];
  const values = (entries: Iterable<readonly [string, string]>): OnnxValue[] =>
    [...entries].map(([name, value]) => {
      renamed.set(value, name);
      return { ...valueOf.get(value)!, name };
    });
  const index: OnnxValue = { name: stateIn(frameCount), type: 'i32', shape: [batch] };

  const before = new OnnxEmitter('before_');
  const [, ...logitsShape] = valueOf.get(inputs.get(exported.actionLogits)!)!.shape;
  const logits = Float32Array.from(actions.flatMap(({ actionLogits }) => [...actionLogits]));
  const table = before.tensor(logits, [actions.length, ...logitsShape]);
  const made: Readonly<Record<string, string>> = {
    [exported.actionLogits]: before.emit('Gather', [table, 'action'], { axis: { int: 0 } }),
    ...exported.countedInputs(before, index.name),
    ...(exported.told && { [exported.told.input]: toldByIndex(before, exported.told.rows) }),
  };
  for (const [name, value] of inputs) if (made[name] !== undefined) renamed.set(value, made[name]);

  const after = new OnnxEmitter('after_');
  const next = after.emit('Add', [index.name, after.tensor(Int32Array.of(1), [1])]);
  renamed.set(next, stateOut(frameCount));
  const frame = outputs.get('frame')!;
  renamed.set(pictureBytes(after, frame), 'rgb');
  results.push({ name: 'rgb', type: 'u8', shape: valueOf.get(frame)!.shape });
  results.push(
    ...values(
      Object.entries(exported.outputs).map(([name, output]) => [name, outputs.get(output)!] as const),
    ),
    { name: stateOut(frameCount), type: 'i32', shape: [batch] },
    ...values([...variables.keys()].map((name) => [stateOut(stateName(name)), assignments.get(name)!])),
  );

  const describe = (value: OnnxValue): OnnxValue => ({
    ...value,
    description: meaningOf(value.name, exported),
  });
  const takes: OnnxValue[] = [
    { name: 'action', type: 'i32', shape: [batch] },
    ...(exported.told ? [{ name: 'event', type: 'i32', shape: [batch] } as const] : []),
    ...values([...inputs].filter(([name]) => made[name] === undefined)),
    index,
    ...values([...variables].map(([name, value]) => [stateIn(stateName(name)), value])),
  ];
  const { nodes } = renameValues(
    { ...model, nodes: [...before.nodes, ...model.nodes, ...after.nodes] },
    renamed,
  );
  return {
    name: 'frame',
    nodes,
    initializers: [...before.initializers, ...model.initializers, ...after.initializers],
    inputs: takes.map(describe),
    outputs: results.map(describe),
  };
}

/** What is told in a frame by the input `event`, an index. */
function toldByIndex(emitter: OnnxEmitter, rows: readonly Int32Array[]): string {
  const table = emitter.tensor(Int32Array.from(rows.flatMap((row) => [...row])), [
    rows.length,
    rows[0]!.length,
  ]);
  return emitter.emit('Gather', [table, 'event'], { axis: { int: 0 } });
}

/** −1 … 1 as bytes, in doubles: rounded exactly as a session's frames are. */
function pictureBytes(emitter: OnnxEmitter, frame: string): string {
  const double = (value: string): string => emitter.cast(value, onnxTypes.f64);
  const shifted = emitter.emit('Add', [double(frame), double(emitter.float(1))]);
  const scaled = emitter.emit('Mul', [shifted, double(emitter.float(127.5))]);
  return emitter.cast(emitter.emit('Round', [scaled]), onnxTypes.u8);
}
