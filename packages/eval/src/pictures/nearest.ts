/** The place of the picture that differs least from `patch`, by squared difference; of several the first. All of one size. */
export function nearest(patch: Uint8Array, pictures: readonly Uint8Array[]): number {
  let [best, least] = [0, Infinity];
  pictures.forEach((picture, code) => {
    let square = 0;
    for (let i = 0; i < patch.length && square < least; i++) square += (patch[i]! - picture[i]!) ** 2;
    if (square < least) [best, least] = [code, square];
  });
  return best;
}
