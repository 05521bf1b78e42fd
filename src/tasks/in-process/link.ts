/** How commands and messages travel between a coordinator and the tasks of the same process. */
import type { TaskCommand, TaskMessage } from '../gateway.ts';

/**
 * The seam for simulations. `arrive` may be called at once, later, twice or never, also with a part of a command (some
 * of its slots). What the caller owes: a link that loses `endOfData` or `attemptEnded` also makes a new coordinator
 * attach, as a real link does when it breaks; everything else is repeated.
 */
export interface InProcessLink {
  toTasks(command: TaskCommand, arrive: (command: TaskCommand) => void): void;
  fromTasks(message: TaskMessage, arrive: (message: TaskMessage) => void): void;
}

/** Loses nothing and keeps the order. */
export const directLink: InProcessLink = {
  toTasks: (command, arrive) => arrive(command),
  fromTasks: (message, arrive) => arrive(message),
};
