/**
 * Shared state as a child would keep it: for every file the set of all checkpoints that ever named it, and nothing
 * else. Slow, obvious, and written without a look at the registry.
 */
export class NaiveSharedState {
  readonly usersOf = new Map<string, Set<number>>();
  readonly deleted = new Set<string>();

  use(path: string, checkpointId: number): void {
    const users = this.usersOf.get(path) ?? new Set();
    this.usersOf.set(path, users.add(checkpointId));
  }

  /** A checkpoint has completed; these are needed from now on, itself among them. */
  complete(checkpointId: number, needed: ReadonlySet<number>): void {
    for (const [path, users] of this.usersOf) {
      const isNeeded = [...users].some((user) => needed.has(user));
      const isYounger = [...users].some((user) => user >= checkpointId);
      if (!isNeeded && !isYounger) {
        this.usersOf.delete(path);
        this.deleted.add(path);
      }
    }
  }

  get present(): string[] {
    return [...this.usersOf.keys()].toSorted();
  }
}
