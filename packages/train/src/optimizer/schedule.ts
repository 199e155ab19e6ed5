import { SnowglobeError } from '@snowglobe/graph';
import type { Budget, Schedule } from '@snowglobe/model';

const defaultSchedule: Schedule = { warmupSteps: 100, flatUntil: 0.3, finalShare: 0.03 };

/** The schedule of a stage, where a short budget has a short warm-up. */
export function scheduleOf({
  budget,
  schedule,
}: {
  readonly budget: Budget;
  readonly schedule?: Partial<Schedule>;
}): Schedule {
  const warmupSteps =
    'steps' in budget
      ? Math.min(defaultSchedule.warmupSteps, Math.floor(budget.steps / 10))
      : defaultSchedule.warmupSteps;
  return { ...defaultSchedule, warmupSteps, ...schedule };
}

/**
 * Share of the learning rate at a step.
 * @param step counted from 1
 * @param fraction how much of the budget is used, 0 … 1; beyond 1 counts as 1
 * @throws SnowglobeError for a schedule out of range.
 */
export function rateAt(step: number, fraction: number, schedule: Schedule = defaultSchedule): number {
  const { warmupSteps, flatUntil, finalShare } = schedule;
  if (!(warmupSteps >= 0 && flatUntil >= 0 && flatUntil <= 1 && finalShare >= 0 && finalShare <= 1)) {
    throw new SnowglobeError(
      `schedule: warmupSteps ${warmupSteps}, flatUntil ${flatUntil}, finalShare ${finalShare} are out of range; ` +
        'use steps >= 0 and shares between 0 and 1.',
    );
  }
  const warmup = warmupSteps === 0 ? 1 : Math.min(1, step / warmupSteps);
  const past = Math.min(1, Math.max(0, fraction)) - flatUntil;
  const decay = past <= 0 ? 1 : 1 - (1 - finalShare) * (past / (1 - flatUntil));
  return warmup * decay;
}
