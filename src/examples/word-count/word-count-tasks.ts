/** Which logic runs in which task of the word count. */
import { assertNever, invariant } from '../../errors.ts';
import type { JobGraph, JobVertex } from '../../core/job-graph.ts';
import { operatorTask } from '../../simulation/dataflow/operator-task.ts';
import { sourceTask } from '../../simulation/dataflow/source-task.ts';
import type { CreateTask } from '../../simulation/dataflow/task-set.ts';
import type { InputFiles } from './input-files.ts';
import type { TransactionalOutput } from './transactional-output.ts';
import { wordCounter } from './word-counter.ts';
import { wordSink } from './word-sink.ts';
import { wordSource } from './word-source.ts';

/** Text in one batch: large enough that channels cost little, small enough that a barrier never waits long. */
const BATCH_BYTES = 32 * 1024;
/** A throttled source sends about this many batches a second, for a smooth rate. */
const THROTTLED_BATCHES_PER_SECOND = 20;

export interface WordCountTasksOptions {
  readonly input: InputFiles;
  readonly output: TransactionalOutput;
  /** Bytes per second of each source; 0 or absent is as fast as it goes. */
  readonly throttleBytesPerSecond?: number | undefined;
  /** Bytes of text per batch, {@link BATCH_BYTES} unless told; less under a throttle. */
  readonly batchBytes?: number | undefined;
}

type Role = 'source' | 'counter' | 'sink';

/** A vertex of the word count by its name. */
const vertexNamed = (graph: JobGraph, name: Role): JobVertex => {
  const vertex = graph.vertices.find((each) => each.name === name);
  invariant(vertex !== undefined, `the job graph has a vertex ${name}`);
  return vertex;
};

/** Makes the tasks of a graph from `wordCountGraph`. */
export const wordCountTasks = (graph: JobGraph, options: WordCountTasksOptions): CreateTask => {
  const { input, output, throttleBytesPerSecond = 0, batchBytes = BATCH_BYTES } = options;
  const counter = vertexNamed(graph, 'counter');
  const smoothBytes = Math.max(1, Math.ceil(throttleBytesPerSecond / THROTTLED_BATCHES_PER_SECOND));
  const source = {
    input,
    counter,
    batchBytes: throttleBytesPerSecond > 0 ? Math.min(batchBytes, smoothBytes) : batchBytes,
  };
  return (context) => {
    const role = context.vertex.name as Role;
    switch (role) {
      case 'source':
        return sourceTask(context, {
          createLogic: async (restoring) => await wordSource(restoring, source),
          throttleBytesPerSecond,
        });
      case 'counter':
        return operatorTask(context, { createLogic: wordCounter });
      case 'sink':
        return operatorTask(context, { createLogic: async (restoring) => await wordSink(restoring, output) });
      default:
        return assertNever(role);
    }
  };
};
