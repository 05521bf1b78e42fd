/** A summary as Flink's REST interface tells it. */
import { MetricSummary, type QuantileName } from './metric-summary.ts';

export type SummaryView = Readonly<Record<'min' | 'max' | 'avg', number>> &
  Readonly<Record<QuantileName, number | 'NaN'>>;

const noQuantiles = MetricSummary.empty.quantiles();

/** Flink's averages are whole numbers. */
export const summaryView = (summary: MetricSummary, hasQuantiles = true): SummaryView => ({
  min: summary.minimum,
  max: summary.maximum,
  avg: Math.trunc(summary.average),
  ...(hasQuantiles ? summary.quantiles() : noQuantiles),
});

/** Nothing is buffered for alignment any more: of no samples. */
export const noAlignment: SummaryView = summaryView(MetricSummary.empty);
