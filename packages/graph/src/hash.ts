/** FNV-1a (Fowler, Noll & Vo) of bytes or character codes, as 32 bits: tells apart, and does not protect. */
export function fnv1a(codes: ArrayLike<number>): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < codes.length; i++) hash = Math.imul(hash ^ codes[i]!, 0x01000193);
  return hash;
}
