/** Windows of one run. */
export const windowsAtOnce = 8;
