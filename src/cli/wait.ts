/** Pausing, for those who look again and again. */
import { firstValueFrom, timer } from 'rxjs';
import { systemClock } from '../runtime/clock.ts';

export const wait = async (durationMs: number): Promise<void> => {
  await firstValueFrom(timer(durationMs, systemClock.scheduler));
};
