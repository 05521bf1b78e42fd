import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workplace } from '../cli/cli-process.ts';
import { answered, askFlink, probeFlink } from './flink-oracle.ts';

const probe = probeFlink();
if (!probe.available) console.log(`skipped: Flink cannot be asked to run jobs: ${probe.reason}`);

/** How often a job has seen each key, in decimal digits. */
type Counts = Readonly<Record<string, string>>;

/** What a job told when it was stopped in the middle; see `Job.java`. */
interface Snapshot {
  readonly pointer: string;
  readonly counts: Counts;
}

interface Relocation {
  readonly output: string;
}

/** A thousand of each key when the job ends: more if its source forgot where it was, fewer if the counts were lost. */
const countsAtEnd: Counts = Object.fromEntries(
  Array.from({ length: 97 }, (_unused, key) => [`key ${key}`, '1000'] as const),
);

const restoredFrom = ({ counts }: Snapshot): object => ({ restored: counts, atEnd: countsAtEnd });

const aLostFile = {
  error: { class: 'java.io.FileNotFoundException', message: expect.stringContaining('/written/') as string },
};

const restoreInFlink = (...places: readonly string[]): readonly unknown[] =>
  askFlink(places.map((path) => ['jobRestore', `file:${path}`]));

/** Jobs write into `written`, which is then renamed to `moved`: nothing can be found any more where it was. */
describe.skipIf(!probe.available)('Flink 2.3.0, after the directory was moved', () => {
  let place: Workplace;
  let plain: Snapshot;
  let spread: Snapshot;
  let merged: Snapshot;

  beforeAll(() => {
    place = new Workplace();
    const written = join(place.path, 'written');
    const checkpoints = `file:${written}/checkpoints`;
    const answers = askFlink([
      ['jobSavepoint', `file:${written}/plain`, checkpoints],
      ['jobSavepoint', `entropy:${written}/_entropy_/spread`, checkpoints],
      ['jobCheckpoint', checkpoints],
    ]);
    [plain, spread, merged] = answers.map(answered) as [Snapshot, Snapshot, Snapshot];
    renameSync(written, join(place.path, 'moved'));
  });
  afterAll(async () => await place.remove());

  const movedDirectory = ({ pointer }: Snapshot): string =>
    pointer.replace(/^\w+:/, '').replace('/written/', '/moved/');

  const relocate = async (snapshot: Snapshot, ...from: readonly string[]): Promise<Relocation> => {
    const to = `file:${place.path}/moved`;
    const words = [movedDirectory(snapshot), ...from, '--to', to, '--write', '--json'];
    const { status, out, err } = await place.run('metadata', 'relocate', ...words);
    expect([status, err]).toEqual([0, '']);
    return JSON.parse(out) as Relocation;
  };

  it('a savepoint of a real job, relocated by `tidemark metadata relocate`, restores with its state', async () => {
    // Spread over directories of another file system, as entropy injection does it: the one kind of savepoint whose
    // handles are absolute.
    const relocation = await relocate(spread, '--from', `entropy:${place.path}/written`);
    expect(relocation).toMatchObject({
      moved: 4,
      kept: [],
      relative: 0,
      isReversible: true,
      isWritten: true,
    });
    const [asItWas, relocated] = restoreInFlink(movedDirectory(spread), relocation.output);
    expect(asItWas).toEqual(aLostFile);
    expect(relocated).toEqual(restoredFrom(spread));
  });

  it('a retained checkpoint of merged files, relocated likewise, restores with its state', async () => {
    const relocation = await relocate(merged, '--from', `file:${place.path}/written`);
    // Four subtasks, each with a segment of a file, and with operator state that names two directories even if empty.
    expect(relocation).toMatchObject({
      moved: 12,
      kept: [],
      relative: 0,
      isReversible: true,
      isWritten: true,
    });
    const [asItWas, relocated] = restoreInFlink(movedDirectory(merged), relocation.output);
    expect(asItWas).toEqual(aLostFile);
    expect(relocated).toEqual(restoredFrom(merged));
  });

  it('a savepoint whose files lie beside its metadata restores with nothing to relocate', async () => {
    const relocation = await relocate(plain);
    expect(relocation).toMatchObject({ moved: 0, kept: [], relative: 4, isWritten: false });
    expect(restoreInFlink(movedDirectory(plain))).toEqual([restoredFrom(plain)]);
  });
});
