/** Requirements: order of work and configuration. */
import { better, same, type Section } from '../entry.ts';

export const configurationRequirements: readonly Section[] = [
  {
    title: '0 Order',
    entries: [
      same(
        'C-001',
        'commands of one coordinator are decided one after the other, and deciding does no input or output',
      ),
      same(
        'C-002',
        'other messages are handled while a trigger step waits for input or output; its answer is checked against what lives then',
      ),
      same('C-003', 'one trigger pipeline at a time, any number of checkpoints collecting acknowledgements'),
      better(
        'C-004',
        'what a step decided is durable before anyone sees it, and the state is the fold of it',
        'nothing at all is shown before its block is durable, replies and statistics included',
      ),
    ],
  },
  {
    title: '1.2 Options',
    entries: [
      same('C-005', 'the current name of an option wins over its older names'),
      better(
        'C-006',
        'an interval below 10 ms is refused; without one the job is never checkpointed by itself',
        'a configuration is a value: without an interval it is another one, and says undefined instead of -1',
      ),
      same(
        'C-007',
        'checkpointing is on for streaming jobs with an interval; otherwise the mode reads at-least-once',
      ),
      same(
        'C-008',
        'without an interval there is a coordinator all the same, for savepoints and checkpoints asked for by hand',
      ),
      same('C-009', 'the interval during a backlog is 0 or at least 10 ms'),
      same(
        'C-010',
        'reading the interval during a backlog: the plain one by default, never when tiny, refused when shorter',
      ),
      same('C-011', 'a timeout below 10 ms is refused'),
      same('C-012', 'a negative pause between checkpoints is refused'),
      same('C-013', 'fewer than one concurrent checkpoint is refused'),
      same(
        'C-014',
        'a negative number of tolerable failures is refused; the largest integer means any number',
      ),
      same('C-015', 'loading a configuration changes only what it names'),
      same('C-016', 'unaligned checkpoints take effect only with checkpointing on and exactly-once'),
      same('C-017', 'unaligned checkpoints of iterations or custom partitioners are refused unless forced'),
      same(
        'C-018',
        'a number of retained checkpoints below 1: the option warns and takes 1, the store refuses',
      ),
      same('C-019', 'the three names of the retention option and the policies they stand for'),
      better(
        'C-020',
        'pausing sources until the first checkpoint goes with no interval 0 during a backlog',
        'the pair is refused when the configuration is read; Flink only documents it',
      ),
      same('C-021', 'ranges of the inline threshold and of the write buffer: warned about or refused'),
      better(
        'C-022',
        'a base directory is checked, each fault with its own text',
        'the key is named as it is called now',
      ),
      same('C-023', 'file system storage without a directory, and storages of unknown names'),
      same('C-024', 'which storage is taken when job, cluster and application each name one'),
      same('C-025', 'memory storage keeps at most 5 MiB per state by default, and its limit is above 0'),
    ],
  },
  {
    title: '1.3 The configuration in force',
    entries: [
      better(
        'C-026',
        'the coordinator checks its configuration again, naming the field',
        'each refusal names field and value',
      ),
      same('C-027', 'unaligned checkpoints with more than one in flight are refused'),
      same('C-028', 'a pause is at most a year, and an interval below it is raised to it'),
      same('C-029', 'defaults of a configuration that is built by hand'),
      better('C-030', 'two configurations are equal when every field is', 'no field is left out'),
      same('C-031', 'the first delay is random, drawn once'),
      same('C-032', 'retention as the REST interface shows it'),
    ],
  },
];
