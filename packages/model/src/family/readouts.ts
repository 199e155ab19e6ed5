/** Numbers that a frame of tiles tells, such as the player's health: which there are, and how they end a game. */

/** A number that frames tell. */
export interface Readout {
  /** As the key logs of the recordings called it. */
  readonly name: string;
  /** Its least and greatest value in the recordings, integers. */
  readonly least: number;
  readonly most: number;
}

/** Values by name. What a frame does not tell is absent. */
export type ReadoutValues = Readonly<Record<string, number>>;

/** The game is over in a frame whose number of this name is at most, or at least, so much. */
export type EndCondition =
  | { readonly readout: string; readonly atMost: number }
  | { readonly readout: string; readonly atLeast: number };

/** Of worlds whose recordings wrote down numbers that can be seen. */
export interface Readouts {
  readonly numbers: readonly Readout[];
  /**
   * When a game is over, where the recordings tell. A session may begin anew in the middle: the model then has to accept the state
   * of a fresh session at any frame.
   */
  readonly end?: EndCondition | undefined;
  /** @param codes (rows, columns) of a frame, see `Tiles` */
  read(codes: ArrayLike<number>): ReadoutValues;
}

/** Whether a game is over; it is not where a frame does not tell. */
export function isOver(values: ReadoutValues, end: EndCondition | undefined): boolean {
  const value = end && values[end.readout];
  if (value === undefined) return false;
  return 'atMost' in end! ? value <= end.atMost : value >= end!.atLeast;
}
