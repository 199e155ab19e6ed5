// @ts-check
/**
 * A thread with ONNX Runtime: models are compiled and run here, and the variables that they change stay here. It is asked by
 * `src/onnx/node/worker_link.ts`, one request after the other. Plain JavaScript, so that it starts without a build and in tests.
 */
import { parentPort, workerData } from 'node:worker_threads';
import ort from 'onnxruntime-node';

/**
 * @typedef {import('../src/onnx/node/messages.js').WorkerRequest} WorkerRequest
 * @typedef {import('../src/onnx/node/messages.js').WorkerReply} WorkerReply
 * @typedef {import('../src/onnx/node/messages.js').RunRequest} RunRequest
 * @typedef {import('../src/onnx/node/messages.js').Fed} Fed
 * @typedef {import('../src/onnx/node/messages.js').ProgramSignature} ProgramSignature
 * @typedef {import('../src/onnx/node/messages.js').SharedState} SharedState
 * @typedef {Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>} Data
 * @typedef {{ data: Data[] } | { outside: { of: number, index: number, rows: number } }} Answer
 */

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const { busy, stopped } = /** @type {SharedState} */ (workerData);
/** @type {Map<number, { session: import('onnxruntime-common').InferenceSession, signature: ProgramSignature }>} */
const programs = new Map();
/** @type {Map<number, Data>} */
const variables = new Map();

/** @param {Fed} fed @param {import('@snowglobe/graph').TensorData} data */
const tensor = ({ type, shape }, data) =>
  new ort.Tensor(type, /** @type {Float32Array} */ (data), /** @type {number[]} */ (shape));

/** @param {RunRequest} request @returns {Promise<Answer>} */
async function run({ program, inputs, variables: used, outputs }) {
  const { session, signature } = /** @type {NonNullable<ReturnType<typeof programs.get>>} */ (
    programs.get(program)
  );
  const { assignments, rowWrites } = signature;
  for (const { variable, data } of used) if (data) variables.set(variable, /** @type {Data} */ (data));
  /** @param {number} of */
  const idOf = (of) => /** @type {RunRequest['variables'][number]} */ (used[of]).variable;
  /** @param {number} of */
  const valueOf = (of) => /** @type {Data} */ (variables.get(idOf(of)));
  const feeds = Object.fromEntries([
    ...signature.inputs.map((fed, i) => [fed.value, tensor(fed, /** @type {Data} */ (inputs[i]))]),
    ...signature.variables.map((fed, i) => [fed.value, tensor(fed, valueOf(i))]),
  ]);
  const fetches = [
    ...outputs,
    ...assignments.map(({ value }) => value),
    ...rowWrites.flatMap(({ values, indices }) => [values, indices]),
  ];
  if (fetches.length === 0) return { data: [] };
  const results = await session.run(feeds, fetches);
  /** @param {string} value */
  const result = (value) =>
    /** @type {Data} */ (/** @type {import('onnxruntime-common').Tensor} */ (results[value]).data);
  // First what can fail: a run changes all of its variables, or none.
  for (const { of, indices, width } of rowWrites) {
    const rows = valueOf(of).length / width;
    const index = result(indices).find((each) => !(each >= 0 && each < rows));
    if (index !== undefined) return { outside: { of, index, rows } };
  }
  for (const { of, value } of assignments) variables.set(idOf(of), result(value));
  for (const { of, values, indices, width } of rowWrites) {
    const [table, rows] = [valueOf(of), result(values)];
    result(indices).forEach((index, i) =>
      table.set(rows.subarray(i * width, (i + 1) * width), index * width),
    );
  }
  return { data: outputs.map(result) };
}

/** @param {Exclude<WorkerRequest, { what: 'end' }>} request @returns {Promise<Answer>} */
async function answer(request) {
  switch (request.what) {
    case 'compile': {
      const { program, model, options, signature } = request;
      programs.set(program, { session: await ort.InferenceSession.create(model, options), signature });
      return { data: [] };
    }
    case 'run':
      return run(request);
    case 'read':
      return { data: [/** @type {Data} */ (variables.get(request.variable)).slice()] };
    case 'release': {
      for (const variable of request.variables) variables.delete(variable);
      for (const program of request.programs) {
        const released = programs.get(program);
        programs.delete(program);
        await released?.session.release();
      }
      return { data: [] };
    }
  }
}

function rest() {
  Atomics.store(busy, 0, 0);
  Atomics.notify(busy, 0);
}

// It began busy: with loading ONNX Runtime.
rest();
let last = Promise.resolve();
port.on('message', (/** @type {WorkerRequest & { id: number }} */ request) => {
  last = last.then(async () => {
    if (request.what === 'end') return port.close();
    Atomics.store(busy, 0, 1);
    if (Atomics.load(stopped, 0) === 1) return rest();
    try {
      const answered = await answer(request);
      const moved = 'data' in answered ? [...new Set(answered.data.map(({ buffer }) => buffer))] : [];
      port.postMessage({ id: request.id, ...answered }, moved);
    } catch (error) {
      port.postMessage({ id: request.id, error: error instanceof Error ? error.message : String(error) });
    } finally {
      rest();
    }
  });
});
