/** Every function that runs on a schedule. This file imports nothing. */
export const schedules = {
  sweep: { everyMinutes: 1, timeoutSeconds: 60 },
} as const satisfies Record<string, { everyMinutes: number; timeoutSeconds: number }>;

export type ScheduleName = keyof typeof schedules;
