/** Which triggers a task has heard: to tell one that is repeated from one that was overtaken on its way. */
import { CHECKPOINTS_IN_FLIGHT_MAX } from '../../core/job-state.ts';
import type { CheckpointId } from '../../state/ids.ts';

/** Remembered, with room for those that have ended; what is older than all of them is taken for repeated. */
const TRIGGERS_REMEMBERED_MAX = 2 * CHECKPOINTS_IN_FLIGHT_MAX;

export class HeardTriggers {
  readonly #ids = new Set<CheckpointId>();
  #forgotten = 0;
  #newest = 0;

  get newest(): number {
    return this.#newest;
  }

  /** Notes the trigger. Barriers travel in the order of their ids: one that was overtaken can no longer be obeyed. */
  hear(id: CheckpointId): 'first' | 'repeated' | 'overtaken' {
    if (this.#ids.has(id) || id <= this.#forgotten) return 'repeated';
    const isOvertaken = id < this.#newest;
    this.#ids.add(id);
    this.#newest = Math.max(this.#newest, id);
    if (this.#ids.size > TRIGGERS_REMEMBERED_MAX) this.#forget();
    return isOvertaken ? 'overtaken' : 'first';
  }

  #forget(): void {
    const oldest = Math.min(...this.#ids) as CheckpointId;
    this.#ids.delete(oldest);
    this.#forgotten = oldest;
  }
}
