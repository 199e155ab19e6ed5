import * as v from 'valibot';

const text = v.pipe(v.string(), v.maxLength(1000));
const word = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));

const timing = {
  /** Median milliseconds of one run: operands written, the op computed `repeats` times, the result read; over `repeats`. */
  ms: positive,
  /** Half the distance between the quartiles of the samples, as a share of the median. */
  spread: amount,
  samples: v.pipe(v.array(positive), v.minLength(1), v.maxLength(10_000)),
};

const entry = v.strictObject({
  suite: v.picklist(['kernels', 'model', 'cold-start']),
  family: word,
  shape: word,
  dtype: word,
  /** Which of the kernel's variants ran; the executor for whole models. */
  variant: word,
  /** `tuned`: the fastest that tuning found here; `default`: the kernel's first choice. */
  choice: v.picklist(['tuned', 'default']),
  ...timing,
  /** Runs of the op in one submit. */
  repeats: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** What the device's timestamps say of one run, where they were found honest. */
  kernelMs: v.optional(positive),
  gflops: v.optional(amount),
  gbs: v.optional(amount),
  /** Share of what the roofline allows, by `kernelMs` where it is known and `ms` elsewhere. */
  share: v.optional(amount),
  /** Largest error against the double-precision reference, as a share of the largest value. */
  maxError: v.optional(amount),
  /** Median milliseconds of others in the same run. */
  peers: v.optional(v.strictObject({ ortWebgpu: v.optional(positive), ortCpu: v.optional(positive) })),
  /** Median milliseconds of our dense kernel for the same question, in the same run. */
  denseMs: v.optional(positive),
  note: v.optional(text),
});

/** What could not be timed, and why: a wrong kernel, a shape beyond the device. */
const refusal = v.strictObject({
  suite: word,
  family: word,
  shape: word,
  variant: v.optional(word),
  reason: text,
});

export const recordSchema = v.strictObject({
  format: v.literal('snowglobe-bench'),
  version: v.literal(1),
  createdAt: v.pipe(v.string(), v.isoTimestamp()),
  /** Commit of the code that was measured; empty where it is not known. */
  commit: v.pipe(v.string(), v.regex(/^[0-9a-f]{0,40}$/)),
  environment: v.strictObject({ runtime: word, os: word, cpu: text, threads: positive }),
  adapter: v.strictObject({
    name: word,
    vendor: text,
    architecture: text,
    driver: text,
    backend: word,
    kind: v.picklist(['hardware', 'software']),
    features: v.array(word),
    toggles: v.array(word),
  }),
  /** Where `kernelMs` comes from; `batched` where timestamps are missing or were found to lie. */
  method: v.picklist(['timestamps', 'batched']),
  roofline: v.strictObject({ copyGBs: positive, fmaGflops: positive }),
  entries: v.pipe(v.array(entry), v.maxLength(10_000)),
  refused: v.array(refusal),
  notes: v.array(text),
  summary: v.strictObject({
    /** Geometric mean over the kernels of ONNX Runtime's WebGPU time by ours. */
    geomeanVsOrtWebgpu: v.nullable(positive),
    /** The smallest of the families' geometric means, and which it is. */
    worstFamilyVsOrtWebgpu: v.nullable(positive),
    worstFamily: v.nullable(word),
    geomeanVsOrtCpu: v.nullable(positive),
    /** Time of a frame with 1,024 frames of history by that with 16. */
    historyCost1024Over16: v.nullable(positive),
  }),
});

export type BenchRecord = v.InferOutput<typeof recordSchema>;
export type BenchEntry = v.InferOutput<typeof entry>;
export type BenchRefusal = v.InferOutput<typeof refusal>;
