/** Numbers as people read them. */

const bytesUnits = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `1.2 MB`, powers of 1000. */
export const bytesText = (sizeBytes: number): string => {
  let value = sizeBytes;
  let unit = 0;
  while (value >= 999.5 && unit < bytesUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(unit > 0 && value < 99.95 ? 1 : 0)} ${bytesUnits[unit] ?? ''}`;
};

/** `43 ms`, `2.4 s`, `3 min 20 s`. */
export const durationText = (durationMs: number): string => {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 60_000) return `${(durationMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
};

/** `612 345`, with thin groups that no locale changes. */
export const countText = (count: number): string =>
  Math.round(count)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ' ');

/** `1 file`, `2 files`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${countText(count)} ${count === 1 ? one : many}`;

const two = (value: number): string => String(value).padStart(2, '0');

/** Local time of day, with milliseconds. */
export const timeText = (at: number): string => {
  const date = new Date(at);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${clock}.${String(date.getMilliseconds()).padStart(3, '0')}`;
};

/** Local date and time, to the second. */
export const dateTimeText = (at: number): string => {
  const date = new Date(at);
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(two).join('-');
  return `${day} ${timeText(at).slice(0, 8)}`;
};
