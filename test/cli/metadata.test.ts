import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeMetadata } from '../../src/metadata/decode.ts';
import { encodeMetadata } from '../../src/metadata/encode.ts';
import type { StreamStateHandle } from '../../src/state/handles.ts';
import { absoluteFile, modelOf, operatorOf, relativeFile, streaming } from '../metadata/small-models.ts';
import { Workplace } from './cli-process.ts';

const fixtures = resolve(import.meta.dirname, '../fixtures/flink');
const checkpoint = join(fixtures, '2.2-broadcast-hashmap-checkpoint.metadata');
const formatTwo = join(fixtures, '1.8-type-serializer-snapshot-migration-itcase-flink1.8-savepoint.metadata');
const formatFour = join(
  fixtures,
  '1.18-new-stateful-udf-migration-itcase-flink1.18-hashmap-checkpoint.metadata',
);
const page = readFileSync(resolve(import.meta.dirname, '../../docs/reference/cli.md'), 'utf8');

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
  makeCheckpoint('chk-1', shared('a'), shared('b'), relativeFile('own'));
  makeCheckpoint('chk-2', shared('b'), shared('c'), relativeFile('own'));
});
afterAll(async () => await place.remove());

const shared = (name: string): StreamStateHandle => absoluteFile(`file:${place.path}/shared/${name}`);

/** A checkpoint directory with the files it refers to, ten bytes each. */
const makeCheckpoint = (name: string, ...streams: readonly StreamStateHandle[]): void => {
  const operator = operatorOf(streaming(...streams), { parallelism: 3, uid: 'counter' });
  mkdirSync(join(place.path, name));
  mkdirSync(join(place.path, 'shared'), { recursive: true });
  writeFileSync(join(place.path, name, '_metadata'), encodeMetadata(modelOf(operator)));
  for (const stream of streams) {
    if (stream.kind === 'file') writeFileSync(stream.path.replace(/^file:/, ''), '0123456789');
    if (stream.kind === 'relativeFile') {
      writeFileSync(join(place.path, name, stream.relativePath), '0123456789');
    }
  }
};

const metadata = async (...words: readonly string[]) => await place.run('metadata', ...words);

describe('tidemark metadata', () => {
  it('without a command shows its help, and refuses an unknown one', async () => {
    const bare = await metadata();
    expect(bare.status).toBe(0);
    for (const command of ['show', 'verify', 'diff', 'convert', 'relocate']) {
      expect(bare.out).toContain(`$ tidemark metadata ${command} `);
    }
    const unknown = await metadata('walk');
    expect(unknown.status).toBe(2);
    expect(unknown.err).toContain("unknown command 'metadata walk'");
  });

  it.each(['show', 'verify', 'diff', 'convert', 'relocate'])(
    '%s teaches with an example, and is documented',
    async (name) => {
      const { out } = await metadata(name, '--help');
      expect(out).toContain(`$ tidemark metadata ${name}`);
      const section =
        page.split(/^## /m).find((text) => text.startsWith(`tidemark metadata ${name}\n`)) ?? '';
      const options = out.match(/^ {2}--[a-z-]+(?: <[^>]+>)?/gm) ?? [];
      for (const option of options) expect(section).toContain(`| \`${option.trim()}\` |`);
      expect(section).not.toBe('');
    },
  );
});

describe('tidemark metadata show', () => {
  it('tells operators, sizes, key groups and files', async () => {
    const { status, out } = await metadata('show', checkpoint);
    expect(status).toBe(0);
    expect(out).toMatch(
      /12d7d939fd56473cac7cff0603179a41 +4 +4 +4 of 4 +3\.1 kB +2\.8 kB +6\.0 kB +BrProcess1 \//,
    );
    expect(out).toContain('\n20 files\n');
    expect(out).toContain('EXCLUSIVE');
  });

  it('gives as JSON what inspect gives, and an array for several', async () => {
    const [one, inspected, both] = await Promise.all([
      metadata('show', '--json', checkpoint),
      place.run('inspect', '--json', checkpoint),
      metadata('show', '--json', checkpoint, 'chk-1'),
    ]);
    expect(one.out).toBe(inspected.out);
    expect(JSON.parse(both.out)).toMatchObject([JSON.parse(one.out), { checkpointId: '7' }]);
  });

  it('goes on after a path that cannot be read, and says so', async () => {
    const { status, out, err } = await metadata('show', 'nowhere', 'chk-1');
    expect(status).toBe(1);
    expect(err).toContain(
      "error POINTER_INVALID: Cannot find checkpoint or savepoint file/directory 'nowhere'",
    );
    expect(out).toContain('counter');
  });
});

describe('tidemark metadata show --raw', () => {
  it('prints every field with offset, length, bytes, place and value', async () => {
    const { status, out } = await metadata('show', '--raw', checkpoint);
    expect(status).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^ +0 +4 {2}49 60 67 2d +magic number = 1231054637$/);
    expect(lines[5]).toMatch(
      /^ +24 +23 {2}00 15 53 6f .*… {2}operator 0 › operator name = "Source: Custom Source"$/,
    );
    expect(lines.slice(0, 40).join('\n')).toMatch(
      / 125 +1 {2}01 +operator 0 › subtask 0 › managed operator state › distribution mode = 1 \(UNION\)\n/,
    );
  });

  it('prints what stands before the damage, then the error', async () => {
    const bytes = readFileSync(checkpoint);
    bytes.writeUInt8(9, 125);
    writeFileSync(join(place.path, 'damaged'), bytes);
    const { status, out, err } = await metadata('show', '--raw', 'damaged');
    expect(status).toBe(1);
    expect(out.trimEnd().split('\n').at(-1)).toContain('distribution mode = 9');
    expect(err).toContain(
      'error METADATA_CORRUPT: damaged: checkpoint metadata is corrupt: at byte 125 (operator 0',
    );
  });

  it('prints an object a line as JSON, and tells several files apart', async () => {
    const { out } = await metadata('show', '--raw', '--json', 'chk-1', 'chk-2');
    const objects = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(objects.filter((one) => 'file' in one)).toEqual([{ file: 'chk-1' }, { file: 'chk-2' }]);
    expect(objects).toContainEqual({
      offset: 8,
      length: 8,
      place: 'checkpoint id',
      value: '7',
      hex: '0000000000000007',
    });
  });
});

describe('tidemark metadata verify', () => {
  it('finds nothing wrong with a checkpoint whose files are there', async () => {
    const { status, out } = await metadata('verify', 'chk-1', 'chk-2/_metadata');
    expect({ status, lines: out.trimEnd().split('\n') }).toEqual({
      status: 0,
      lines: [
        'chk-1: fine (1 operator, 3 files referred to)',
        'chk-2/_metadata: fine (1 operator, 3 files referred to)',
      ],
    });
  });

  it('names a file that is missing and one of another size', async () => {
    makeCheckpoint('chk-3', relativeFile('lost'), relativeFile('cut'));
    rmSync(join(place.path, 'chk-3', 'lost'));
    writeFileSync(join(place.path, 'chk-3', 'cut'), '0123');
    const { status, out } = await metadata('verify', 'chk-3', 'chk-1');
    expect(status).toBe(1);
    expect(out).toContain('chk-3: 2 problems (1 operator, 2 files referred to)');
    expect(out).toMatch(/problem {2}file:.*\/chk-3\/lost: does not exist \(operator 0+1 › subtask 0\)/);
    expect(out).toMatch(/problem {2}file:.*\/chk-3\/cut: has 4 bytes instead of 10 /);
    expect(out).toContain('chk-1: fine');
  });
});

describe('tidemark metadata diff', () => {
  it('tells what a checkpoint has added, kept and let go', async () => {
    const { status, out } = await metadata('diff', 'chk-1', 'chk-2');
    expect(status).toBe(0);
    expect(out).toMatch(/0{31}1 +kept +30 B +30 B +counter\n/);
    const sections = out.split('\n\n').slice(2);
    expect(sections.map((section) => section.split('\n', 1)[0])).toEqual([
      'files new: 2, 20 B',
      'files kept: 1, 10 B',
      'files gone: 2, 20 B',
    ]);
    expect(sections[0]).toContain('/shared/c');
    expect(sections[2]).toContain('/shared/a');
  });
});

describe('tidemark metadata convert', () => {
  it('writes the same content in another format', async () => {
    const { status, out } = await metadata('convert', formatTwo, 'three', '--format', '3');
    expect(status).toBe(0);
    expect(out).toMatch(/^three: format 3, 1\.\d kB \(was format 2\)$/m);
    const [before, after] = [formatTwo, join(place.path, 'three')].map((path) =>
      decodeMetadata(Uint8Array.from(readFileSync(path))),
    );
    expect(after?.formatVersion).toBe(3);
    expect(after?.operators.map(({ operatorId }) => operatorId)).toEqual(
      before?.operators.map(({ operatorId }) => operatorId),
    );
  });

  it('refuses what format 3 cannot say, naming it, and writes nothing', async () => {
    const { status, err } = await metadata('convert', checkpoint, 'refused', '--format', '3');
    expect(status).toBe(1);
    expect(err).toMatch(
      /^error METADATA_UNSUPPORTED: .*in format 3, which has no place for this: checkpoint properties/,
    );
    expect(() => place.read('refused')).toThrow('ENOENT');
  });

  it('leaves the properties out when told to, as the refusal says', async () => {
    const refused = await metadata('convert', checkpoint, 'bare', '--format', '4');
    expect(refused.err).toContain('operator name');
    expect(refused.err).not.toContain('--drop-properties');
    const words = ['convert', formatFour, 'bare', '--format', '3'];
    const hinted = await metadata(...words);
    expect(hinted.status).toBe(1);
    expect(hinted.err).toContain('checkpoint properties; --drop-properties leaves them out\n');
    expect((await metadata(...words, '--drop-properties')).status).toBe(0);
    const [before, after] = [formatFour, join(place.path, 'bare')].map((path) =>
      decodeMetadata(Uint8Array.from(readFileSync(path))),
    );
    expect(after).toEqual({ ...before, formatVersion: 3, properties: undefined });
  });

  it('never overwrites a file', async () => {
    copyFileSync(formatTwo, join(place.path, 'mine'));
    const { status, err } = await metadata('convert', formatTwo, 'mine', '--format', '6');
    expect(status).toBe(1);
    expect(err).toContain('error STORAGE_CONFLICT: mine exists; nothing was written');
    expect(readFileSync(join(place.path, 'mine'))).toEqual(readFileSync(formatTwo));
  });

  it('says when relative files stay behind', async () => {
    const [away, beside] = await Promise.all([
      metadata('convert', 'chk-1', 'away', '--format', '5'),
      metadata('convert', 'chk-1', 'chk-1/_metadata.5', '--format', '5'),
    ]);
    expect(away.out).toContain('note: 1 relative handle will be looked for beside away');
    expect(beside.out).not.toContain('note:');
  });

  it('wants one of the formats that can be written', async () => {
    const { status, err } = await metadata('convert', 'chk-1', 'seven', '--format', '7');
    expect(status).toBe(2);
    expect(err).toContain('--format "7" is not one of 2, 3, 4, 5, 6');
  });
});

/** A savepoint with absolute paths, and its copy elsewhere. Both hold the same metadata, which leads to the first. */
const makeMoved = (name: string): { readonly from: string; readonly to: string } => {
  const from = join(place.path, `${name}-old`);
  makeCheckpoint(`${name}-old`, absoluteFile(`file:${from}/a`), absoluteFile(`file:${from}/b`), shared('c'));
  cpSync(from, join(place.path, name), { recursive: true });
  return { from: `file:${from}`, to: `file:${join(place.path, name)}` };
};

describe('tidemark metadata relocate', () => {
  it('shows what it would rewrite and what it keeps, and writes nothing', async () => {
    const { from, to } = makeMoved('sp-preview');
    rmSync(join(place.path, 'sp-preview', 'b'));
    const before = place.contents('sp-preview');
    const { status, out } = await metadata('relocate', 'sp-preview', '--to', 'sp-preview');
    expect(status).toBe(0);
    expect(out).toContain(`from       ${from} (where its files were written)\nto         ${to}\n`);
    expect(out).toContain('rewritten  2 paths\nkept       1 path outside\n');
    expect(out).toMatch(/\n {2}yes +file:.*\/sp-preview-old\/a +file:.*\/sp-preview\/a\n/);
    expect(out).toMatch(/\n {2}no +file:.*\/sp-preview-old\/b +file:.*\/sp-preview\/b\n/);
    expect(out).toMatch(/kept: 1 place, which must stay where they are\n {2}path\n {2}file:.*\/shared\/c\n/);
    expect(out).toContain('nothing was written; with --write it will be sp-preview/_metadata.relocated');
    expect(place.contents('sp-preview')).toEqual(before);
  });

  it('writes a new file beside the old one, which its own commands put in force', async () => {
    const { to } = makeMoved('sp-moved');
    rmSync(join(place.path, 'sp-moved-old'), { recursive: true });
    expect((await metadata('verify', 'sp-moved')).status).toBe(1);
    const { status, out } = await metadata('relocate', 'sp-moved', '--to', to, '--write');
    expect(status).toBe(0);
    expect(out).toContain(`flink run -s '${to}'`);
    const moves = [...out.matchAll(/^ {2}\$ (mv .*)$/gm)].map(([, move = '']) => move);
    expect(moves).toEqual([
      'mv sp-moved/_metadata sp-moved/_metadata.original',
      'mv sp-moved/_metadata.relocated sp-moved/_metadata',
    ]);
    for (const move of moves) expect(place.shell(move).status).toBe(0);
    expect((await metadata('verify', 'sp-moved')).out).toBe(
      'sp-moved: fine (1 operator, 3 files referred to)\n',
    );
  });

  it('gives the first bytes again when it relocates back, and never overwrites a file', async () => {
    const { from } = makeMoved('sp-back');
    await metadata('relocate', 'sp-back', '--to', 's3://bucket/sp', '--write');
    const there = await metadata('relocate', 'sp-back/_metadata.relocated', '--to', from, '--json');
    expect(JSON.parse(there.out)).toMatchObject({
      from: 's3://bucket/sp',
      isDeduced: true,
      moved: 2,
      isReversible: true,
      isWritten: false,
    });
    const words = [
      'relocate',
      'sp-back/_metadata.relocated',
      '--to',
      from,
      '--output',
      'sp-back/again',
      '--write',
    ];
    expect((await metadata(...words)).status).toBe(0);
    expect(place.read('sp-back', 'again')).toBe(place.read('sp-back', '_metadata'));
    const again = await metadata(...words);
    expect(again.status).toBe(1);
    expect(again.err).toContain('error STORAGE_CONFLICT: sp-back/again exists; nothing was written');
  });

  it('asks for --from when the files do not say where they were written', async () => {
    makeCheckpoint('sp-shared', shared('d'));
    mkdirSync(join(place.path, 'elsewhere'));
    makeCheckpoint(
      'sp-two',
      ...['sp-two', 'elsewhere'].map((at) => absoluteFile(`file:${place.path}/${at}/e`)),
    );
    const [onlyShared, two, told] = await Promise.all([
      metadata('relocate', 'sp-shared', '--to', '/x'),
      metadata('relocate', 'sp-two', '--to', '/x'),
      metadata('relocate', 'sp-two', '--to', '/x', '--from', 'elsewhere'),
    ]);
    expect([onlyShared.status, two.status, told.status]).toEqual([2, 2, 0]);
    expect(onlyShared.err).toContain('--from must be given: its absolute paths are all of shared files');
    expect(two.err).toMatch(
      /--from must be given: its files were written in file:.*sp-two and file:.*elsewhere/,
    );
    expect(told.out).toMatch(/elsewhere\/e +file:\/x\/e\n/);
  });

  it('says that a file without absolute paths needs nothing', async () => {
    const { status, out } = await metadata('relocate', checkpoint, '--to', '/x', '--write');
    expect(status).toBe(0);
    expect(out).toContain('relative   20 handles, looked for beside the file wherever it is\n');
    expect(out).toContain('nothing to rewrite; nothing was written\n');
  });

  it('refuses a directory that is no absolute path', async () => {
    makeMoved('sp-refused');
    const { status, err } = await metadata('relocate', 'sp-refused', '--to', 's3:bucket');
    expect(status).toBe(2);
    expect(err).toContain('error ARGUMENT_INVALID: to "s3:bucket" is not an absolute path');
  });
});

const guide = readFileSync(resolve(import.meta.dirname, '../../docs/guides/metadata.md'), 'utf8');
const program = resolve(import.meta.dirname, '../../src/cli/main.ts');

/** The shell blocks below a heading of the guide. */
const blocksOf = (heading: string): readonly string[] => {
  const section = guide.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
};

const runBlock = (block: string): ReturnType<Workplace['shell']> =>
  place.shell(`set -e\ntidemark() { '${process.execPath}' '${program}' "$@"; }\n${block}`);

describe('the guide to metadata files', () => {
  it('moves a savepoint by the commands it names', () => {
    mkdirSync(join(place.path, 'savepoints'));
    mkdirSync(join(place.path, 'copies'));
    const name = 'savepoints/savepoint-0a1b2c-3d4e5f';
    makeCheckpoint(name, absoluteFile(`file:${place.path}/${name}/a`), relativeFile('b'));
    const [moving = '', ofJob = ''] = blocksOf('Move a savepoint');
    const { status, out } = runBlock(moving);
    expect(status).toBe(0);
    expect(out).toMatch(/\ncopies\/savepoint-0a1b2c-3d4e5f: fine \(1 operator, 2 files referred to\)\n$/);
    mkdirSync(join(place.path, 'old/JOB/shared'), { recursive: true });
    makeCheckpoint(
      'old/JOB/chk-7',
      ...['chk-7/a', 'shared/s'].map((at) => absoluteFile(`file:${place.path}/old/JOB/${at}`)),
    );
    cpSync(join(place.path, 'old'), join(place.path, 'new'), { recursive: true });
    expect(runBlock(ofJob).out).toContain('rewritten  2 paths\nkept       0 paths outside\n');
  });

  it('shows the fields it names', () => {
    mkdirSync(join(place.path, 'checkpoints/JOB'), { recursive: true });
    makeCheckpoint('checkpoints/JOB/chk-7', relativeFile('x'), relativeFile('y'));
    const [first = '', second = ''] = blocksOf('See every byte').join('').split('\n');
    const fields = runBlock(first).out.trimEnd().split('\n');
    expect(fields).toHaveLength(1);
    expect(fields[0]).toMatch(/subtask 1 › managed keyed state › tag of a keyed handle = 0 \(none\)$/);
    const objects = runBlock(second.replace(/ \| jq .*/, '')).out;
    expect(objects).toContain('relative path of a file","value":"y"');
  });
});
