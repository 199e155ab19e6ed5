/** Digits of three by five pixels: `L` is lit, `*` is what is below. */
export const digits = [
  ['LLL', 'L*L', 'L*L', 'L*L', 'LLL'],
  ['*L*', 'LL*', '*L*', '*L*', 'LLL'],
  ['LLL', '**L', 'LLL', 'L**', 'LLL'],
  ['LLL', '**L', '*LL', '**L', 'LLL'],
  ['L*L', 'L*L', 'LLL', '**L', '**L'],
  ['LLL', 'L**', 'LLL', '**L', 'LLL'],
  ['LLL', 'L**', 'LLL', 'L*L', 'LLL'],
  ['LLL', '**L', '**L', '*L*', '*L*'],
  ['LLL', 'L*L', 'LLL', 'L*L', 'LLL'],
  ['LLL', 'L*L', 'LLL', '**L', 'LLL'],
] as const;
