/** The operating system's files as the storage needs them: durable, exclusive, with refusals as values or errors. */
import { promises as fs, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { invariant } from '../../errors.ts';
import { cleaningUp, foreignPath, storageUnavailable } from '../failures.ts';
import { toFileUri, toLocalPath } from '../pointer.ts';

/** The local path behind a reference or handle. @throws POINTER_INVALID for a path of another file system. */
export const localPath = (uri: string): string => {
  const path = toLocalPath(uri);
  if (path === undefined || !path.startsWith('/')) throw foreignPath(uri);
  return path;
};

const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** Runs one system call on `path`. The errnos in `expected` answer `otherwise`, all others are STORAGE_UNAVAILABLE. */
const attempt = async <T, U = never>(
  operation: string,
  path: string,
  work: () => Promise<T>,
  expected: readonly string[] = [],
  otherwise?: U,
): Promise<T | U> => {
  try {
    return await work();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (expected.includes(errno)) return otherwise as U;
    throw storageUnavailable(operation, toFileUri(path), errno, error);
  }
};

const absent = ['ENOENT', 'ENOTDIR'] as const;

/** What stands at the path; undefined for nothing. Follows symbolic links. */
export const statusOf = (path: string): Promise<Stats | undefined> =>
  attempt('stat', path, () => fs.stat(path), absent, undefined);

/** What stands at the path itself: a symbolic link is one, whatever it points to. */
export const ownStatusOf = (path: string): Promise<Stats | undefined> =>
  attempt('lstat', path, () => fs.lstat(path), absent, undefined);

/** The names in a directory; undefined if there is none. */
export const entriesOf = (path: string): Promise<string[] | undefined> =>
  attempt('readdir', path, () => fs.readdir(path), absent, undefined);

export const readWhole = (path: string): Promise<Uint8Array> =>
  attempt('read', path, () => fs.readFile(path));

/** A stretch of a file's bytes. */
interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Reads only the range that `rangeOf` chooses by the size of the file; undefined if the file does not have it. */
export const readRange = async (
  path: string,
  rangeOf: (fileSizeBytes: number) => ByteRange | undefined,
): Promise<Uint8Array | undefined> => {
  const handle = await attempt('read', path, () => fs.open(path, 'r'));
  const read = async (): Promise<Uint8Array | undefined> => {
    const range = rangeOf((await attempt('stat', path, () => handle.stat())).size);
    if (range === undefined) return undefined;
    // Of its own: small buffers of Node share their memory.
    const bytes = Buffer.from(new ArrayBuffer(range.end - range.start));
    const length = await readFully(handle, path, bytes, range.start);
    return length === bytes.length ? bytes : undefined;
  };
  return await cleaningUp(read, () => attempt('close', path, () => handle.close()));
};

/** Makes the names in a directory durable. */
export const syncDirectory = async (path: string): Promise<void> =>
  syncAndClose(path, await attempt('open', path, () => fs.open(path, 'r')));

/** Makes removals durable; a directory that is gone itself has nothing to keep. */
export const syncDirectoryIfPresent = async (path: string): Promise<void> => {
  const handle = await attempt('open', path, () => fs.open(path, 'r'), absent, undefined);
  if (handle) await syncAndClose(path, handle);
};

const syncAndClose = (path: string, handle: fs.FileHandle): Promise<void> =>
  cleaningUp(
    () => attempt('fsync', path, () => handle.sync()),
    () => attempt('close', path, () => handle.close()),
  );

/** Creates one directory whose parent exists, durably. One that exists already is success, a file in its place not. */
export const makeDirectory = async (path: string): Promise<void> => {
  const made = await attempt('mkdir', path, () => fs.mkdir(path).then(() => true), ['EEXIST'], false);
  if (!made && (await statusOf(path))?.isDirectory() === false) {
    throw storageUnavailable('mkdir', toFileUri(path), 'EEXIST');
  }
  // Also when it existed: the call that created it may have died before this line.
  await syncDirectory(dirname(path));
};

/** Creates a directory and those above it, durably. One that exists already is success: a user's own base. */
export const makeDirectories = async (path: string): Promise<void> => {
  const first = await attempt('mkdir', path, () => fs.mkdir(path, { recursive: true }));
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
};

/** Gives a file a second name unless the name is taken; never replaces. */
export const linkIfAbsent = (from: string, to: string): Promise<'linked' | 'exists'> =>
  attempt('link', to, () => fs.link(from, to).then(() => 'linked' as const), ['EEXIST'], 'exists' as const);

/** Removes a name; one that is gone is success. A directory is refused. */
export const removeFile = (path: string): Promise<void> =>
  attempt('unlink', path, () => fs.unlink(path), absent, undefined);

/** A late writer may add a file while its directory is being removed; then the removal starts over this often. */
const removalRetriesMax = 3;

/** Removes a directory with all in it, following no symbolic link. One that is gone is success. */
export const removeTree = (path: string): Promise<void> =>
  attempt('remove', path, () => fs.rm(path, { recursive: true, force: true, maxRetries: removalRetriesMax }));

/** Opens a new file; undefined when the name is taken. Never creates the directory. */
export const createFile = async (path: string): Promise<OutputFile | undefined> => {
  const handle = await attempt('open', path, () => fs.open(path, 'wx+'), ['EEXIST'], undefined);
  return handle && new OutputFile(path, handle);
};

/** Small writes are gathered up to this size: a file of ten thousand pieces is not ten thousand system calls. */
const bufferSizeBytes = 65_536;

/** A file being written from start to end. */
export class OutputFile {
  readonly path: string;
  readonly #handle: fs.FileHandle;
  readonly #buffer = Buffer.allocUnsafe(bufferSizeBytes);
  #bufferedBytes = 0;
  #sizeBytes = 0;

  constructor(path: string, handle: fs.FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Takes a copy of the bytes, or writes them before it resolves. */
  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length > bufferSizeBytes - this.#bufferedBytes) await this.#flush();
    if (bytes.length > bufferSizeBytes) {
      await this.#writeThrough(bytes);
    } else {
      this.#buffer.set(bytes, this.#bufferedBytes);
      this.#bufferedBytes += bytes.length;
    }
    this.#sizeBytes += bytes.length;
  }

  /** Everything written so far survives a power cut once this resolves (the name does not: sync the directory). */
  async sync(): Promise<void> {
    await this.#flush();
    await attempt('fdatasync', this.path, () => this.#handle.datasync());
  }

  close(): Promise<void> {
    return attempt('close', this.path, () => this.#handle.close());
  }

  /** Closes and removes the file; it is removed also when closing fails (C-266 [B]). */
  discard(): Promise<void> {
    return cleaningUp(
      () => this.close(),
      () => removeFile(this.path),
    );
  }

  /** Whether another file holds the same bytes. That file is made durable too: somebody else may have written it. */
  async isSameAs(path: string): Promise<boolean> {
    const other = await attempt('open', path, () => fs.open(path, 'r'));
    const compare = async (): Promise<boolean> => {
      const { size } = await attempt('stat', path, () => other.stat());
      if (size !== this.#sizeBytes || !(await this.#holdsSameBytes(other, path))) return false;
      await attempt('fdatasync', path, () => other.datasync());
      return true;
    };
    return cleaningUp(compare, () => attempt('close', path, () => other.close()));
  }

  async #holdsSameBytes(other: fs.FileHandle, path: string): Promise<boolean> {
    const theirs = Buffer.allocUnsafe(bufferSizeBytes);
    for (let position = 0; position < this.#sizeBytes;) {
      const mine = await attempt('read', this.path, () =>
        this.#handle.read(this.#buffer, 0, bufferSizeBytes, position),
      );
      const length = await readFully(other, path, theirs.subarray(0, mine.bytesRead), position);
      if (!theirs.subarray(0, length).equals(this.#buffer.subarray(0, mine.bytesRead))) return false;
      invariant(mine.bytesRead > 0, `${this.path} is shorter than what was written to it`);
      position += mine.bytesRead;
    }
    return true;
  }

  async #flush(): Promise<void> {
    const bytes = this.#buffer.subarray(0, this.#bufferedBytes);
    this.#bufferedBytes = 0;
    await this.#writeThrough(bytes);
  }

  async #writeThrough(bytes: Uint8Array): Promise<void> {
    for (let offset = 0; offset < bytes.length;) {
      const { bytesWritten } = await attempt('write', this.path, () => this.#handle.write(bytes, offset));
      offset += bytesWritten;
    }
  }
}

/** Fills `into` from a position on; answers fewer bytes where the file ends. */
const readFully = async (
  handle: fs.FileHandle,
  path: string,
  into: Buffer,
  position: number,
): Promise<number> => {
  let length = 0;
  while (length < into.length) {
    const { bytesRead } = await attempt('read', path, () =>
      handle.read(into, length, into.length - length, position + length),
    );
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
};
