/** The least group that kernels know. */
const leastGroup = 16;

/** One group a column: the power of two that holds all inputs. */
export const perChannel = (inputs: number): number => 2 ** Math.ceil(Math.log2(Math.max(leastGroup, inputs)));

/** A group's size in a matrix of `inputs`: a group that is larger than the matrix is deep covers all of it, a scale a column. */
export const groupFor = (group: number, inputs: number): number => Math.min(group, perChannel(inputs));
