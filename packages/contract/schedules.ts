/** Every function that runs on a schedule. This file imports nothing. */
export const schedules = {
  sweep: { timeoutSeconds: 60 },
} as const satisfies Record<string, { timeoutSeconds: number }>;

export type ScheduleName = keyof typeof schedules;

const maxSweepMinutes = 60;

/** The value of the setting `SWEEP_MINUTES`: how often the sweep runs. 1 when not set. Throws when invalid. */
export function sweepMinutes(value: string | undefined): number {
  const minutes = Number(value || 1);
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > maxSweepMinutes)
    throw new Error(
      `SWEEP_MINUTES must be a whole number from 1 to ${maxSweepMinutes}, not "${value}"`,
    );
  return minutes;
}

/** How long after a deletion its objects are removed, at most. */
export const erasedWithinSeconds = (everyMinutes: number) => everyMinutes * 60 + 30;
