const key = 'snowglobe-hud';

/** Whether the visitor wants to see the numbers that frames tell; yes, unless they were switched off. */
export function keptHud(): boolean {
  try {
    return localStorage.getItem(key) !== 'off';
  } catch {
    // Private windows remember nothing.
    return true;
  }
}

export function keepHud(hud: boolean): void {
  try {
    localStorage.setItem(key, hud ? 'on' : 'off');
  } catch {
    // As above.
  }
}
