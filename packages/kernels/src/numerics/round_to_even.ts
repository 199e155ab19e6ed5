/** Rounds as WGSL's `round`, ONNX's `Round` and IEEE 754 do: halves to the even neighbour. */
export function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
