import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endlessly, fast, slowly, verifyCommandIn, Workplace, type Ended } from './cli-process.ts';

let place: Workplace;
let first: Ended;

/** One run in which everything goes wrong that can be ordered; the tests look at what it left. */
beforeAll(async () => {
  place = new Workplace();
  const disturbed = ['--crash-coordinator', '1s', '--fail-task', 'counter#1@1500ms'];
  first = await place.run(...slowly('data'), ...disturbed, '--savepoint-at-end', 'saved', '--seed', '7');
});
afterAll(async () => await place.remove());

describe('a run with a dead coordinator and a failed task', () => {
  it('finishes and counts every word once, as the command that it prints shows', () => {
    expect(first).toMatchObject({ status: 0, err: '' });
    expect(first.out).toContain('\nthe job has finished');
    const { status, out } = place.shell(verifyCommandIn(first.out));
    expect({ status, out }).toEqual({ status: 0, out: expect.stringMatching(/^counts agree: \d+ words/) });
  });

  it('says that the checkpoint in flight went on under its id and completed', () => {
    const goesOn = /checkpoint (\d+) goes on under its id: (\d) of 6 acknowledgements/.exec(first.out);
    const [, id = '', acknowledged = ''] = goesOn ?? [];
    expect(Number(acknowledged)).toBeGreaterThan(0);
    const line = first.out.split('\n').find((each) => each.startsWith(`completed checkpoint ${id} `));
    expect(line).toContain('under its id, although its coordinator died');
  });

  it('says that a task failed and where the tasks went on', () => {
    expect(first.out).toMatch(
      /failure +counter#1: failed on request[^]*deploy +tasks start from (checkpoint \d+|the beginning)/,
    );
  });

  it('says what retention kept and why, and where the savepoint is', () => {
    expect(first.out).toMatch(/checkpoint \d+ is not kept \(NEVER_RETAIN_AFTER_TERMINATION on FINISHED\)/);
    expect(first.out).toMatch(/savepoint +file:.*\/saved\/savepoint-/);
    const job = readdirSync(join(place.path, 'data', 'checkpoints'));
    expect(readdirSync(join(place.path, 'data', 'checkpoints', ...job)).toSorted()).toEqual([
      'shared',
      'taskowned',
    ]);
  });

  it('shows plain lines where the output is no terminal', () => {
    expect(first.out).not.toContain('\u001B');
    expect(first.out).toMatch(/^completed checkpoint \d+ \d+ ms, 6\/6, .* state, .* metadata$/m);
  });
});

describe('a finished directory', () => {
  it('tells its end again with exit status 0', async () => {
    const again = await place.run(...fast('data'));
    expect(again).toMatchObject({ status: 0, err: '' });
    expect(again.out).toContain('this job has ended before');
    const endOf = (out: string): string =>
      out.slice(out.indexOf('the job has finished'), out.indexOf('what to try'));
    expect(endOf(again.out)).toBe(endOf(first.out));
  });

  it.each([
    [
      'other files',
      ['run', 'a.txt', '--data', 'data'],
      /files is .*a\.txt \(\d+ B\);.* was started with .*b's\.txt/,
    ],
    ['another parallelism', [...fast('data'), '--parallelism', '5'], /5 counters, but .* 3 counters/],
    ['another seed', [...fast('data'), '--seed', '8'], /seed is 8, but the job was started with 7/],
    [
      'another job id',
      [...fast('data'), '--job-id', '0'.repeat(32)],
      /--job-id is 0{32}, but .* [0-9a-f]{32}/,
    ],
  ])('refuses %s and names both values', async (_name, words, text) => {
    const before = place.contents('data');
    const { status, out, err } = await place.run(...words);
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toMatch(/^error JOB_MISMATCH: /);
    expect(err).toMatch(text);
    expect(place.contents('data')).toEqual(before);
  });

  it('is not cancelled any more', async () => {
    const { status, err } = await place.run('cancel', '--data', 'data');
    expect(status).toBe(1);
    expect(err).toContain('error JOB_TERMINATED: ');
  });
});

describe('the commands that read', () => {
  it('status says how the job is, for people and as JSON', async () => {
    const [text, json] = await Promise.all([
      place.run('status', '--data', 'data'),
      place.run('status', '--data', 'data', '--json'),
    ]);
    expect(text.out).toMatch(/^status +finished: all data processed and committed$/m);
    expect(text.out).toMatch(/^process +none$/m);
    expect(JSON.parse(json.out)).toMatchObject({
      isLiving: false,
      pid: null,
      jobStatus: 'finished',
      term: 2,
      restarts: 1,
      discardsOwed: 0,
      inFlight: [],
    });
  });

  it('checkpoints lists them, for people and as JSON', async () => {
    const [text, json] = await Promise.all([
      place.run('checkpoints', '--data', 'data'),
      place.run('checkpoints', '--data', 'data', '--json'),
    ]);
    const { counts, checkpoints } = JSON.parse(json.out) as {
      readonly counts: { readonly total: number };
      readonly checkpoints: readonly { readonly kind: string }[];
    };
    expect(checkpoints).toHaveLength(counts.total);
    expect(checkpoints.at(-1)).toMatchObject({ kind: 'savepoint', status: 'COMPLETED', acknowledged: 6 });
    expect(text.out.trimEnd().split('\n')).toHaveLength(1 + counts.total);
    expect(text.out).toMatch(/ +checkpoint +endOfData +completed .* discarded: terminated/);
  });

  it('journal prints every fact in order, for people and as JSON', async () => {
    const [text, json] = await Promise.all([
      place.run('journal', '--data', 'data'),
      place.run('journal', '--data', 'data', '--json', '--follow'),
    ]);
    const lines = json.out.trimEnd().split('\n');
    const facts = lines.map(
      (line) => JSON.parse(line) as { readonly revision: number; readonly type: string },
    );
    expect(facts[0]).toMatchObject({ revision: 1, term: 1, v: 1, type: 'job.opened' });
    expect(facts.map((fact) => fact.type)).toContain('job.finished');
    const revisions = facts.map((fact) => fact.revision);
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
    expect(text.out.trimEnd().split('\n')).toHaveLength(facts.length);
  });

  it('inspect shows what a savepoint holds, by directory, URI and file, for people and as JSON', async () => {
    const [name = ''] = readdirSync(join(place.path, 'saved'));
    const [byDirectory, byFile, byUri] = await Promise.all([
      place.run('inspect', join('saved', name)),
      place.run('inspect', join('saved', name, '_metadata')),
      place.run('inspect', `file:${join(place.path, 'saved', name)}`, '--json'),
    ]);
    expect(byDirectory.out).toMatch(/^kind +Savepoint, format CANONICAL$/m);
    expect(byDirectory.out).toContain('(counter, uid word-count-counter), parallelism 3 of at most 128');
    expect(byDirectory.out).toMatch(/key groups 0–42, .*\n.*key groups 43–85, .*\n.*key groups 86–127, /);
    expect(byFile.out).toBe(byDirectory.out);
    expect(JSON.parse(byUri.out)).toMatchObject({
      formatVersion: 6,
      properties: { checkpointType: { class: 'SavepointType' } },
    });
  });

  it('end quietly when nobody reads on', () => {
    const [main, data] = [join(import.meta.dirname, '../../src/cli/main.ts'), join(place.path, 'data')];
    const command = `'${process.execPath}' '${main}' journal --data '${data}' 2>&1 | head -n 1`;
    expect(place.shell(command).out.split('\n')).toHaveLength(2);
  });
});

describe('a new job', () => {
  it('has the same id for the same seed', async () => {
    const [one, other] = await Promise.all(
      ['seed-1', 'seed-2'].map(async (data) => await place.run(...fast(data), '--seed', '7')),
    );
    const idIn = (ended: Ended | undefined): string | undefined => ended?.out.split(/[ :]/)[2];
    expect(idIn(one)).toMatch(/^[0-9a-f]{32}$/);
    expect([idIn(one), idIn(other)]).toEqual([idIn(first), idIn(first)]);
  });

  it('has the id that is given', async () => {
    const { out } = await place.run(...fast('named'), '--job-id', '0123456789abcdef'.repeat(2));
    expect(out).toContain('word count 0123456789abcdef0123456789abcdef: ');
  });

  it('goes by options of Flink that are set, and notes what of them does not hold', async () => {
    const settings = ['state.checkpoints.num-retained=2', 'execution.checkpointing.min-pause=3 s'];
    const { status, out } = await place.run(...fast('set'), ...settings.flatMap((each) => ['--set', each]));
    expect(status).toBe(0);
    expect(out.split('\n').filter((line) => line.startsWith('note: '))).toEqual([
      'note: state.checkpoints.num-retained = 2: the option is called execution.checkpointing.num-retained now',
      'note: interval = 2 s → 3000 ms: an interval is never shorter than min-pause',
    ]);
    const { out: facts } = await place.run('journal', '--json', '--data', 'set');
    expect(facts).toContain('"retainedMax":2');
  });

  it('is not started over the output of another', async () => {
    place.shell('mkdir -p old/output && echo 1 a > old/output/checkpoint-000001.txt');
    const { status, err } = await place.run(...fast('old'));
    expect(status).toBe(2);
    expect(err).toContain('holds checkpoint-000001.txt, but there is no journal');
  });

  it('fails when more tasks fail than it may restart, and keeps what its policy says', async () => {
    const policy = ['--retention', 'on-failure', '--retained', '2', '--restarts', '0'];
    const run = place.start(...endlessly('failing'), ...policy);
    await run.shows('completed checkpoint 3 ');
    run.kill('SIGINT');
    expect((await run.ended).status).toBe(130);
    const failing = await place.run(...endlessly('failing'), ...policy, '--fail-task', 'sink#0@1ms');
    expect(failing.status).toBe(3);
    expect(failing.out).toContain('the job has failed: sink#0: failed on request');
    expect(failing.out.match(/is kept \(RETAIN_ON_FAILURE on FAILED\): file:/g)).toHaveLength(2);
    const again = await place.run(...fast('failing'));
    expect(again.status).toBe(3);
    expect(again.out).toContain('the job has failed: sink#0');
  });
});
