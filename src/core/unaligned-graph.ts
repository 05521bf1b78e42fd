/** Which jobs can be checkpointed unaligned. */
import { TidemarkError } from '../errors.ts';
import type { CheckpointConfiguration } from './configuration.ts';
import { edgesOf, type JobGraph } from './job-graph.ts';

const ITERATIVE_TEXT =
  'Unaligned Checkpoints are currently not supported for iterative jobs, as rescaling would require alignment (in addition to the reduced checkpointing guarantees).';
const PARTITIONER_TEXT =
  'Unaligned checkpoints are currently not supported for custom partitioners, as rescaling is not guaranteed to work correctly.';
const FORCE_TEXT =
  "\nThe user can force Unaligned Checkpoints by using 'execution.checkpointing.unaligned.forced'";

/**
 * Unless they are forced, unaligned checkpoints are for jobs without iterations and custom partitioners (C-017).
 * @throws CONFIGURATION_INVALID with Flink's two texts.
 */
export const checkUnaligned = (graph: JobGraph, configuration: CheckpointConfiguration): void => {
  if (!configuration.unaligned || configuration.unalignedForced) return;
  const hasCustomPartitioner = edgesOf(graph).some((edge) => edge.hasCustomPartitioner);
  const text =
    graph.isIterative === true ? ITERATIVE_TEXT : hasCustomPartitioner ? PARTITIONER_TEXT : undefined;
  if (text === undefined) return;
  throw new TidemarkError('CONFIGURATION_INVALID', text + FORCE_TEXT, { option: 'unaligned', value: true });
};
