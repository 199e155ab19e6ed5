import type { OnnxEmitter } from '@snowglobe/kernels';
import type { WorldConfig } from '@snowglobe/model';
import { momentOf, rotaryPeriod } from '@snowglobe/model';

/**
 * `momentOf` as ONNX nodes: where a frame is in time, from the number of frames before it.
 * @param index name of an int32 value (1)
 * @returns names of int32 values (1)
 */
export function momentNodes(
  emitter: OnnxEmitter,
  index: string,
  { memory, lookback }: WorldConfig['dynamics'],
): Record<keyof ReturnType<typeof momentOf>, string> {
  const whole = (value: number): string => emitter.tensor(Int32Array.of(value), [1]);
  const modulo = (value: string, divisor: number): string => emitter.emit('Mod', [value, whole(divisor)]);
  const turn = modulo(index, rotaryPeriod(memory));
  if (!lookback) return { position: index, turn, slot: modulo(index, memory) };
  // The first frame is pinned to slot 0, the others take turns in the rest (`pinnedSlot`).
  const others = modulo(emitter.emit('Sub', [index, whole(1)]), memory - 1);
  const isFirst = emitter.emit('Equal', [index, whole(0)]);
  const slot = emitter.emit('Where', [isFirst, whole(0), emitter.emit('Add', [others, whole(1)])]);
  return { position: index, turn, slot };
}
