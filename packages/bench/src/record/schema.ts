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

export const entrySchema = v.strictObject({
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
  /** What the device's timestamps say of one run, where they were found honest and their steps fine enough. */
  kernelMs: v.optional(positive),
  /** Runs in each batch that `kernelMs` is of; in records without it `repeats`. */
  kernelRepeats: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  gflops: v.optional(amount),
  gbs: v.optional(amount),
  /**
   * Share of what the roofline allows, by `kernelMs` where it is known and `ms` elsewhere. Above 1 `note` says why; absent where
   * nothing that was measured explains it.
   */
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
export const refusalSchema = v.strictObject({
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
  environment: v.strictObject({
    runtime: word,
    os: word,
    cpu: text,
    threads: positive,
    /** The WebGPU implementation and its version: that of npm's `webgpu` (dawn), or the browser's. */
    webgpu: v.optional(text),
  }),
  adapter: v.strictObject({
    name: word,
    vendor: text,
    architecture: text,
    driver: text,
    backend: word,
    kind: v.picklist(['hardware', 'software']),
    features: v.array(word),
    /** Those that were asked for; `disable_workgroup_init` is on and `timestamp_quantization` off in Node in any case. */
    toggles: v.array(word),
    /** What the adapter says of itself (GPUAdapterInfo), word for word. */
    info: v.optional(v.record(word, v.union([text, v.pipe(v.number(), v.finite()), v.boolean()]))),
    /** Limits that decide what fits and how kernels are tiled, by their WebGPU names. */
    limits: v.optional(v.record(word, amount)),
  }),
  /** What products may round their operands to. Records without it: `f32`, unless a note says otherwise. */
  precision: v.optional(v.picklist(['f32', 'f16'])),
  /** Where `kernelMs` comes from; `batched` where timestamps are missing or were found to lie. */
  method: v.picklist(['timestamps', 'batched']),
  /** Steps of the device's clock, in nanoseconds. */
  tickNs: v.optional(positive),
  /** Absent where the adapter refused to be measured; a note says why. */
  roofline: v.optional(
    v.strictObject({ copyGBs: positive, fmaGflops: positive, cacheGBs: v.optional(positive) }),
  ),
  entries: v.pipe(v.array(entrySchema), v.maxLength(10_000)),
  refused: v.array(refusalSchema),
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
export type BenchEntry = v.InferOutput<typeof entrySchema>;
export type BenchRefusal = v.InferOutput<typeof refusalSchema>;
