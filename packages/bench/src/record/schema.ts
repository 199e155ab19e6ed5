import * as v from 'valibot';
import type { BenchEntry, BenchRecord, BenchRefusal } from './types.js';

/** Schemas of what `types.ts` says. */

const text = v.pipe(v.string(), v.maxLength(1000));
const word = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));

const timing = {
  ms: positive,
  spread: amount,
  samples: v.pipe(v.array(positive), v.minLength(1), v.maxLength(10_000)),
};

export const entrySchema = v.strictObject({
  suite: v.picklist(['kernels', 'model', 'cold-start', 'sessions', 'cluster']),
  family: word,
  shape: word,
  dtype: word,
  variant: word,
  choice: v.picklist(['tuned', 'default']),
  ...timing,
  repeats: v.pipe(v.number(), v.integer(), v.minValue(1)),
  kernelMs: v.optional(positive),
  kernelRepeats: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  gflops: v.optional(amount),
  gbs: v.optional(amount),
  share: v.optional(amount),
  maxError: v.optional(amount),
  peers: v.optional(v.strictObject({ ortWebgpu: v.optional(positive), ortCpu: v.optional(positive) })),
  denseMs: v.optional(positive),
  survived: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  note: v.optional(text),
}) satisfies v.GenericSchema<unknown, BenchEntry>;

const refusalSchema = v.strictObject({
  suite: word,
  family: word,
  shape: word,
  variant: v.optional(word),
  reason: text,
}) satisfies v.GenericSchema<unknown, BenchRefusal>;

export const recordSchema = v.strictObject({
  format: v.literal('snowglobe-bench'),
  version: v.literal(1),
  createdAt: v.pipe(v.string(), v.isoTimestamp()),
  commit: v.pipe(v.string(), v.regex(/^[0-9a-f]{0,40}$/)),
  environment: v.strictObject({
    runtime: word,
    os: word,
    cpu: text,
    threads: positive,
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
    toggles: v.array(word),
    info: v.optional(v.record(word, v.union([text, v.pipe(v.number(), v.finite()), v.boolean()]))),
    limits: v.optional(v.record(word, amount)),
  }),
  precision: v.optional(v.picklist(['f32', 'f16'])),
  method: v.picklist(['timestamps', 'batched']),
  tickNs: v.optional(positive),
  roofline: v.optional(
    v.strictObject({ copyGBs: positive, fmaGflops: positive, cacheGBs: v.optional(positive) }),
  ),
  entries: v.pipe(v.array(entrySchema), v.maxLength(10_000)),
  refused: v.array(refusalSchema),
  notes: v.array(text),
  summary: v.strictObject({
    geomeanVsOrtWebgpu: v.nullable(positive),
    worstFamilyVsOrtWebgpu: v.nullable(positive),
    worstFamily: v.nullable(word),
    geomeanVsOrtCpu: v.nullable(positive),
    historyCost1024Over16: v.nullable(positive),
    // Records from before sessions were timed have none.
    ratio64: v.optional(v.nullable(positive)),
    playersAt24: v.optional(v.nullable(positive)),
    latenessP99: v.optional(v.nullable(positive)),
    faults: v.optional(v.nullable(positive)),
    survived: v.optional(v.nullable(amount)),
    recoveryP50: v.optional(v.nullable(positive)),
    recoveryP99: v.optional(v.nullable(positive)),
  }),
}) satisfies v.GenericSchema<unknown, BenchRecord>;
