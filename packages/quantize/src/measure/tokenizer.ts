import { GraphBuilder } from '@snowglobe/graph';
import type { WorldConfig } from '@snowglobe/model';
import { reconstruct } from '@snowglobe/model';
import type { Executor, VariableStore } from '@snowglobe/runtime';
import { psnr } from '@snowglobe/eval';

const batch = 16;

/**
 * PSNR in dB of frames that are drawn again through their tokens, one each.
 * @param frames (H, W, 3) each, in −1 … 1
 */
export async function tokenizerPsnr(
  frames: readonly Float32Array[],
  { width, height, tokenizer }: WorldConfig,
  { executor, store }: { executor: Executor; store: VariableStore },
): Promise<number[]> {
  const builder = new GraphBuilder();
  const input = builder.input('frames', [batch, height, width, 3]);
  builder.output('drawn', reconstruct(input, tokenizer));
  const program = await executor.compile(builder.build(), { store, freeze: true });
  const size = width * height * 3;
  const scores: number[] = [];
  for (let first = 0; first < frames.length; first += batch) {
    const here = frames.slice(first, first + batch);
    const joined = new Float32Array(batch * size);
    here.forEach((frame, b) => joined.set(frame, b * size));
    const drawn = (await program.run({ frames: joined }))['drawn'] as Float32Array;
    here.forEach((frame, b) => scores.push(psnr(drawn.subarray(b * size, (b + 1) * size), frame)));
  }
  await program.close();
  return scores;
}
