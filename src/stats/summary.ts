/** What the completed checkpoints and savepoints have in common: a summary of each number (C-228). */
import { endToEndDurationMs, type CheckpointRecord } from './history.ts';
import { MetricSummary, type PlainSummary } from './metric-summary.ts';

export const summaryMetrics = [
  'stateSizeBytes',
  'checkpointedSizeBytes',
  'durationMs',
  'processedBytes',
  'persistedBytes',
] as const;

export type SummaryMetric = (typeof summaryMetrics)[number];

/** `durationMs` is from the trigger to the last acknowledgement. */
export type CompletedSummary = Readonly<Record<SummaryMetric, MetricSummary>>;

const summaryOf = (of: (metric: SummaryMetric) => MetricSummary): CompletedSummary =>
  Object.fromEntries(summaryMetrics.map((metric) => [metric, of(metric)])) as CompletedSummary;

export const emptySummary: CompletedSummary = summaryOf(() => MetricSummary.empty);

const sampleOf = (record: CheckpointRecord, metric: SummaryMetric): number =>
  metric === 'durationMs' ? endToEndDurationMs(record) : record[metric];

export const summarize = (summary: CompletedSummary, record: CheckpointRecord): CompletedSummary =>
  summaryOf((metric) => summary[metric].with(sampleOf(record, metric)));

export type PlainCompletedSummary = Readonly<Record<SummaryMetric, PlainSummary>>;

export const plainSummary = (summary: CompletedSummary): PlainCompletedSummary =>
  Object.fromEntries(
    summaryMetrics.map((metric) => [metric, summary[metric].toPlain()]),
  ) as PlainCompletedSummary;

export const summaryOfPlain = (plain: PlainCompletedSummary): CompletedSummary =>
  summaryOf((metric) => MetricSummary.ofPlain(plain[metric]));
