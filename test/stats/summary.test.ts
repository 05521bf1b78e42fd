/** The summary of a number, and of the completed checkpoints. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetricSummary, SUMMARY_WINDOW } from '../../src/stats/metric-summary.ts';
import { aborted, completed, folded, triggered } from '../support/statistics-facts.ts';

const added = (samples: readonly number[]): MetricSummary =>
  samples.reduce((summary, sample) => summary.with(sample), MetricSummary.empty);

describe('summary of a number', () => {
  it('of nothing is 0, with quantiles that are no number (C-228, T-401)', () => {
    const { count, minimum, maximum, average } = MetricSummary.empty;
    expect([count, minimum, maximum, average]).toEqual([0, 0, 0, 0]);
    expect(MetricSummary.empty.quantile(0.5)).toBeNaN();
    expect(MetricSummary.empty.quantiles()).toEqual({
      p50: 'NaN',
      p90: 'NaN',
      p95: 'NaN',
      p99: 'NaN',
      p999: 'NaN',
    });
  });

  it('leaves out what is negative and counts what is zero (C-228, T-401)', () => {
    expect(added([-1, -5])).toBe(MetricSummary.empty);
    expect(added([0, -1, 4])).toMatchObject({ count: 2, minimum: 0, maximum: 4, sum: 4, average: 2 });
    expect(MetricSummary.of([-1, 0, 4])).toMatchObject({ count: 2, minimum: 0, maximum: 4, sum: 4 });
    expect(MetricSummary.of([-1])).toBe(MetricSummary.empty);
  });

  it('interpolates quantiles between neighbours (C-228, T-335, T-401)', () => {
    const summary = added(Array.from({ length: 99 }, (_, index) => index + 1));
    expect([0.5, 0.9, 0.95, 0.99, 0.999].map((part) => summary.quantile(part))).toEqual([50, 90, 95, 99, 99]);
    expect(added([10, 20]).quantile(0.5)).toBe(15);
    expect(added([10, 20]).quantile(0.1)).toBe(10);
  });

  it('is the same added one by one, at once, and read back from a journal (T-401)', () => {
    const samples = fc.array(fc.integer({ min: -5, max: 1_000 }), { maxLength: 200 });
    const property = fc.property(samples, (values) => {
      const summary = added(values);
      const known = values.filter((value) => value >= 0);
      expect(summary.count).toBe(known.length);
      expect(summary.maximum).toBe(known.length === 0 ? 0 : Math.max(...known));
      expect(summary.average).toBeCloseTo(known.reduce((a, b) => a + b, 0) / Math.max(1, known.length));
      const text = JSON.stringify(summary);
      expect(JSON.stringify(MetricSummary.of(values))).toBe(text);
      const plain: unknown = JSON.parse(JSON.stringify(summary.toPlain()));
      expect(JSON.stringify(MetricSummary.ofPlain(plain as ReturnType<MetricSummary['toPlain']>))).toBe(text);
    });
    fc.assert(property);
  });

  it(`has quantiles of the newest ${SUMMARY_WINDOW} samples and all else of every one (C-228)`, () => {
    const samples = Array.from({ length: 3 * SUMMARY_WINDOW + 17 }, (_, index) => index);
    const newest = MetricSummary.of(samples.slice(-SUMMARY_WINDOW));
    for (const summary of [added(samples), MetricSummary.of(samples)]) {
      expect(summary).toMatchObject({ count: samples.length, minimum: 0, maximum: samples.length - 1 });
      expect(summary.quantiles()).toEqual(newest.quantiles());
      expect(summary.toPlain().window).toEqual(samples.slice(-SUMMARY_WINDOW));
    }
  });

  it('stays as it is when two others go on from it', () => {
    const base = added([1, 2, 3]);
    const [low, high] = [base.with(0), base.with(100)];
    expect([base, low, high].map((summary) => summary.toPlain().window)).toEqual([
      [1, 2, 3],
      [1, 2, 3, 0],
      [1, 2, 3, 100],
    ]);
    expect(added([0.5]).with(1.5).toPlain().window).toEqual([0.5, 1.5]);
  });
});

describe('summary of the completed', () => {
  it('is over checkpoints and savepoints, and over nothing that failed (C-228, T-335)', () => {
    const facts = [
      [triggered(1), completed(1)],
      [triggered(2, 'savepoint'), completed(2, 'savepoint')],
      [triggered(3), aborted(3)],
    ].flat();
    const { summary } = folded(facts).statistics;
    expect(summary.stateSizeBytes).toMatchObject({ count: 2, minimum: 10, maximum: 20, average: 15 });
    expect(summary.checkpointedSizeBytes).toMatchObject({ count: 2, sum: 3 });
    expect(summary.processedBytes).toMatchObject({ count: 2, sum: 0 });
    // Nobody acknowledged: how long it took is not known.
    expect(summary.durationMs.count).toBe(0);
  });
});
