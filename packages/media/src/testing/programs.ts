import { execFileSync } from 'node:child_process';

/** Whether a program that is none of ours can be asked; tests that ask it are skipped where it is not installed. */
export function isInstalled(program: string, versionFlag: string): boolean {
  try {
    execFileSync(program, [versionFlag], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
