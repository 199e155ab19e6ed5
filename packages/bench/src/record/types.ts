/** What a run of the bench found, as its JSON file has it. */

/** A kernel or a model, timed on one adapter in one shape. */
export interface BenchEntry {
  readonly suite: 'kernels' | 'model' | 'cold-start' | 'sessions' | 'cluster';
  /** What is timed: a group of kernels (`matmul`), or a part of the start. */
  readonly family: string;
  readonly shape: string;
  /** Of weights and activations, such as `f32` or `w4a16`. */
  readonly dtype: string;
  /** Which of the kernel's variants ran; the executor for whole models. */
  readonly variant: string;
  /** `tuned`: the fastest that tuning found here; `default`: the kernel's first choice. */
  readonly choice: 'tuned' | 'default';
  /** Median milliseconds of one run: operands written, the op computed `repeats` times, the result read; over `repeats`. */
  readonly ms: number;
  /** Half the distance between the quartiles of the samples, as a share of the median. */
  readonly spread: number;
  /** Milliseconds, each as `ms`. */
  readonly samples: readonly number[];
  /** Runs of the op in one submit. */
  readonly repeats: number;
  /** What the device's timestamps say of one run in milliseconds, where they were found honest and their steps fine enough. */
  readonly kernelMs?: number | undefined;
  /** Runs in each batch that `kernelMs` is of; in records without it `repeats`. */
  readonly kernelRepeats?: number | undefined;
  /** 1e9 floating-point operations a second. */
  readonly gflops?: number | undefined;
  /** 1e9 bytes read and written a second. */
  readonly gbs?: number | undefined;
  /**
   * Share of what the roofline allows, by `kernelMs` where it is known and `ms` elsewhere. Above 1 `note` says why; absent where
   * nothing that was measured explains it.
   */
  readonly share?: number | undefined;
  /** Largest error against the double-precision reference, as a share of the largest value. */
  readonly maxError?: number | undefined;
  /** Median milliseconds of others in the same run. */
  readonly peers?:
    { readonly ortWebgpu?: number | undefined; readonly ortCpu?: number | undefined } | undefined;
  /** Median milliseconds of our dense kernel for the same question, in the same run. */
  readonly denseMs?: number | undefined;
  /** Of faults in a cluster, a sample each: how many its players survived, each with the frames that its session shows alone. */
  readonly survived?: number | undefined;
  readonly note?: string | undefined;
}

/** What could not be timed, and why: a wrong kernel, a shape beyond the device. */
export interface BenchRefusal {
  readonly suite: string;
  readonly family: string;
  readonly shape: string;
  readonly variant?: string | undefined;
  readonly reason: string;
}

/** One run of the bench on one adapter. */
export interface BenchRecord {
  readonly format: 'snowglobe-bench';
  readonly version: 1;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Commit of the code that was measured; empty where it is not known. */
  readonly commit: string;
  readonly environment: {
    readonly runtime: string;
    readonly os: string;
    readonly cpu: string;
    readonly threads: number;
    /** The WebGPU implementation and its version: that of npm's `webgpu` (dawn), or the browser's. */
    readonly webgpu?: string | undefined;
  };
  readonly adapter: {
    readonly name: string;
    readonly vendor: string;
    readonly architecture: string;
    readonly driver: string;
    readonly backend: string;
    readonly kind: 'hardware' | 'software';
    readonly features: readonly string[];
    /** Those that were asked for; `disable_workgroup_init` is on and `timestamp_quantization` off in Node in any case. */
    readonly toggles: readonly string[];
    /** What the adapter says of itself (GPUAdapterInfo), word for word. */
    readonly info?: Readonly<Record<string, string | number | boolean>> | undefined;
    /** Limits that decide what fits and how kernels are tiled, by their WebGPU names. */
    readonly limits?: Readonly<Record<string, number>> | undefined;
  };
  /** What matmuls may round their operands to. Records without it: `f32`, unless a note says otherwise. */
  readonly precision?: 'f32' | 'f16' | undefined;
  /** Where `kernelMs` comes from; `batched` where timestamps are missing or were found to lie. */
  readonly method: 'timestamps' | 'batched';
  /** Steps of the device's clock, in nanoseconds. */
  readonly tickNs?: number | undefined;
  /**
   * What the adapter reaches at most: 1e9 bytes a second of a copy, 1e9 operations a second of fused multiply-adds, and bytes again where
   * they stay in its caches. Absent where the adapter refused to be measured; a note says why.
   */
  readonly roofline?:
    | { readonly copyGBs: number; readonly fmaGflops: number; readonly cacheGBs?: number | undefined }
    | undefined;
  readonly entries: readonly BenchEntry[];
  readonly refused: readonly BenchRefusal[];
  readonly notes: readonly string[];
  /** `null` where nothing was timed that the figure is of. */
  readonly summary: {
    /** Geometric mean over the kernels of ONNX Runtime's WebGPU time by ours. */
    readonly geomeanVsOrtWebgpu: number | null;
    /** The smallest of the families' geometric means, and which it is. */
    readonly worstFamilyVsOrtWebgpu: number | null;
    readonly worstFamily: string | null;
    /** Geometric mean over the kernels of ONNX Runtime's time on the CPU by ours. */
    readonly geomeanVsOrtCpu: number | null;
    /** Time of a frame with 1,024 frames of history by that with 16. */
    readonly historyCost1024Over16: number | null;
    /** Of the first world whose sessions were timed: frames a second of 64 together by those of one alone. Older records have none of these. */
    readonly ratio64?: number | null | undefined;
    /** Players who got 24 frames a second each. */
    readonly playersAt24?: number | null | undefined;
    /** Of their frames: milliseconds from the moment at which one was wanted to its arrival, which 99 in 100 kept within. */
    readonly latenessP99?: number | null | undefined;
    /** Faults that came over a cluster, and those after which all players went on, each with the frames that its session shows alone. */
    readonly faults?: number | null | undefined;
    readonly survived?: number | null | undefined;
    /** Of players who lost the place where they were played: milliseconds from the last frame before to the next one, which half and 99 in 100 kept within. */
    readonly recoveryP50?: number | null | undefined;
    readonly recoveryP99?: number | null | undefined;
  };
}
