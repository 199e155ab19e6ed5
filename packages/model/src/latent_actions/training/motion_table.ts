import type { Executor, Graph } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { shiftCount } from '@snowglobe/kernels/internal';
import type { CachedTensor, TensorCache } from '../../family/training.js';
import { pixelsOf } from '../../pixels.js';
import type { Recordings } from '../../recordings.js';
import type { EvidenceConfig } from '../config.js';
import { motionEvidence } from '../evidence.js';

/** Evidence of motion between all successive frames of a set, measured once: 119 numbers a pair by default. */
export class MotionTable {
  readonly #still: Float32Array;

  constructor(
    /** Numbers of one pair's evidence. */
    readonly size: number,
    /** A clip's rows, one for each frame but the last. */
    readonly clips: readonly Float32Array[],
  ) {
    this.#still = new Float32Array(size);
    this.#still[(size - 1) / 2] = 1;
  }

  /** Evidence between frames `frame` and `frame + 1`; that of standing still before the first and after the last. */
  evidence(clip: number, frame: number): Float32Array {
    const table = this.clips[clip]!;
    if (frame < 0 || (frame + 1) * this.size > table.length) return this.#still;
    return table.subarray(frame * this.size, (frame + 1) * this.size);
  }

  /** The best shift between frames `frame` and `frame + 1`, as an index into the evidence's row. */
  bestShift(clip: number, frame: number): number {
    const evidence = this.evidence(clip, frame);
    let best = 0;
    for (let i = 1; i < evidence.length; i++) if (evidence[i]! > evidence[best]!) best = i;
    return best;
  }
}

/** Pairs of one run. */
const batch = 32;

/** Measures the motion between all successive frames of a set; see `evidenceOf` for how a world's is measured. */
async function measureMotion(
  data: Recordings,
  config: EvidenceConfig,
  executor: Executor,
): Promise<MotionTable> {
  const program = await executor.compile(evidenceGraph(data, config));
  const size = shiftCount(config.range);
  const frameSize = data.height * data.width * 3;
  const tables: Float32Array[] = [];
  for (const [clip, { frames }] of data.clips.entries()) {
    const table = new Float32Array((frames - 1) * size);
    for (let first = 0; first < frames - 1; first += batch) {
      const count = Math.min(batch, frames - 1 - first);
      const pixels = pixelsOf(data.frames(clip, first, count + 1));
      const previous = new Float32Array(batch * frameSize);
      const current = new Float32Array(batch * frameSize);
      previous.set(pixels.subarray(0, count * frameSize));
      current.set(pixels.subarray(frameSize));
      const { evidence } = await program.run({ previous, current });
      table.set((evidence as Float32Array).subarray(0, count * size), first * size);
    }
    tables.push(table);
  }
  await program.close();
  return new MotionTable(size, tables);
}

function evidenceGraph(data: Recordings, config: EvidenceConfig): Graph {
  const builder = new GraphBuilder();
  const shape = [batch, data.height, data.width, 3];
  builder.output(
    'evidence',
    motionEvidence(builder.input('previous', shape), builder.input('current', shape), config),
  );
  return builder.build();
}

/** `measureMotion`, kept where a cache is given: measuring takes minutes for hours of video. */
export async function cachedMotion(
  data: Recordings,
  config: EvidenceConfig,
  { executor, cache }: { readonly executor: Executor; readonly cache?: TensorCache | undefined },
): Promise<MotionTable> {
  if (!cache) return measureMotion(data, config, executor);
  const { range, border, sharpness } = config;
  const tensors = await cache('motion-table', [range, border, sharpness], async () => {
    const table = await measureMotion(data, config, executor);
    return new Map(
      table.clips.map((values, clip): [string, CachedTensor] => [
        String(clip),
        { shape: [values.length / table.size, table.size], data: values },
      ]),
    );
  });
  const clips = Array.from({ length: tensors.size }, (_, clip) => tensors.get(String(clip))!);
  return new MotionTable(
    clips[0]!.shape[1]!,
    clips.map(({ data: values }) => values),
  );
}
