/**
 * A scheme of one's own: every weight is −1, 0 or 1 times the scale of its 64 neighbours, 1.58 bits of information (BitNet b1.58,
 * Ma et al. 2024), kept in two. Rounding, packing, dequantizing and the kernel follow from the format.
 *
 *     snowglobe quantize coinrun --plugin examples/ternary/src/ternary.js --scheme ternary-g64 --out ternary.safetensors
 *
 * @type {import('@snowglobe/quantize').Scheme}
 */
const ternary = {
  name: 'ternary-g64',
  summary: '−1, 0 and 1, a scale for 64 weights (1.58 bits)',

  format(inputs) {
    // A column that is shorter than a group has one of its own: the power of two that holds it.
    const whole = 2 ** Math.ceil(Math.log2(Math.max(16, inputs)));
    // Two bits hold four values; the last one repeats the first and is never chosen.
    return { bits: 2, group: Math.min(64, whole), zeroPoints: false, codebook: [-1, 0, 1, -1] };
  },

  grids(weights) {
    // The mean magnitude, as the paper has it; then other scales, for algorithms that search.
    const mean = weights.reduce((sum, weight) => sum + Math.abs(weight), 0) / weights.length;
    return [1, 0.7, 0.85, 1.15, 1.3, 1.5, 1.75, 2].map((factor) => ({ scale: mean * factor, zeroPoint: 0 }));
  },
};

export default ternary;
