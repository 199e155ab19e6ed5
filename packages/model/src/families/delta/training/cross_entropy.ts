import type { Executor, VariableStore } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import type { KvCacheBits } from '../../../memory/kv_cache.js';
import { generatorFor } from '../../../random.js';
import type { DeltaWorldConfig } from '../config/config.js';
import { encodeSequences } from './sequences.js';
import { maskedCodes } from './masked_codes.js';
import type { Transitions } from './transitions.js';

/** Batches that are measured, each with other codes masked. */
const batches = 30;

export interface CrossEntropyOptions {
  readonly executor: Executor;
  /** Holds the weights of delta codes and dynamics. */
  readonly store: VariableStore;
  readonly seed: number;
  /** See `FrameOptions`. */
  readonly kvCache?: KvCacheBits | undefined;
}

/**
 * Mean cross-entropy in nats of a masked delta code given the others, as the dynamics is trained to predict it (its
 * training loss, on recordings of its own).
 */
export async function dynamicsCrossEntropy(
  transitions: Transitions,
  config: DeltaWorldConfig,
  { executor, store, seed, kvCache }: CrossEntropyOptions,
): Promise<number> {
  const encoded = await encodeSequences(transitions, config, { executor, store, seed });
  const masked = maskedCodes(() => Promise.resolve(encoded), config, kvCache);
  const builder = new GraphBuilder();
  builder.output('loss', masked.build(builder).loss);
  const program = await executor.compile(builder.build(), { store, freeze: true });
  let sum = 0;
  for (let batch = 1; batch <= batches; batch++) {
    const inputs = await masked.batches(batch, generatorFor(seed, `cross-entropy ${batch}`));
    sum += (await program.run(inputs))['loss']![0]!;
  }
  await program.close();
  return sum / batches;
}
