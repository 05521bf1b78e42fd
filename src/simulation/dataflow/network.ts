/** The channels between the tasks of a job: every task of a vertex is connected with every task of its inputs. */
import type { JobGraph, JobVertex } from '../../core/job-graph.ts';
import type { Clock } from '../../runtime/clock.ts';
import { deriveSeed, seededRandom } from '../../runtime/random.ts';
import { Channel } from './channel.ts';
import { taskName } from './task.ts';

export interface NetworkOptions {
  readonly clock: Clock;
  readonly seed: number;
  /** Batches per channel. */
  readonly channelCapacity: number;
  readonly channelDelayMsMax: number;
}

/** Channels by task, named `source#0>counter#1`. */
export class Network {
  readonly channels: readonly Channel[];
  readonly #inputs = new Map<string, Channel[]>();
  readonly #outputs = new Map<string, Channel[]>();

  constructor(graph: JobGraph, options: NetworkOptions) {
    const channels: Channel[] = [];
    for (const [from, to] of edges(graph)) {
      const channel = openChannel(`${from}>${to}`, options);
      channels.push(channel);
      append(this.#outputs, from, channel);
      append(this.#inputs, to, channel);
    }
    this.channels = channels;
  }

  inputs(vertex: JobVertex, subtask: number): readonly Channel[] {
    return this.#inputs.get(taskName(vertex, subtask)) ?? [];
  }

  /** In the order of the subtasks of the vertex behind. */
  outputs(vertex: JobVertex, subtask: number): readonly Channel[] {
    return this.#outputs.get(taskName(vertex, subtask)) ?? [];
  }

  close(): void {
    for (const channel of this.channels) channel.close();
  }
}

const openChannel = (name: string, options: NetworkOptions): Channel =>
  new Channel({
    name,
    clock: options.clock,
    random: seededRandom(deriveSeed(options.seed, name)),
    capacity: options.channelCapacity,
    delayMsMax: options.channelDelayMsMax,
  });

const append = (table: Map<string, Channel[]>, key: string, channel: Channel): void => {
  const channels = table.get(key);
  if (channels === undefined) table.set(key, [channel]);
  else channels.push(channel);
};

const taskNames = (vertex: JobVertex): readonly string[] =>
  Array.from({ length: vertex.parallelism }, (_, subtask) => taskName(vertex, subtask));

const edges = (graph: JobGraph): readonly (readonly [string, string])[] =>
  graph.vertices.flatMap((vertex) =>
    graph.vertices
      .filter((input) => vertex.inputs.includes(input.id))
      .flatMap((input) =>
        taskNames(input).flatMap((from) => taskNames(vertex).map((to) => [from, to] as const)),
      ),
  );
