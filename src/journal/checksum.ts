/**
 * The checksum that every stored piece carries: a flipped byte passes the integrity check of an engine, not this one.
 */
import { crc32 } from 'node:zlib';

/** The four kinds of bytes a journal keeps. */
export type Piece = 'facts' | 'detail' | 'bulk' | 'snapshot';

/** What a piece belongs to; part of the checksum, so that a piece found under another key is refused too. */
export interface PieceKey {
  readonly stream: string;
  readonly revision: number;
  readonly term: number;
}

/** The crc32 of a piece: over its kind, its key and its bytes, as an unsigned 32-bit integer. */
export const pieceChecksum = (piece: Piece, key: PieceKey, bytes: Uint8Array): number =>
  crc32(bytes, crc32(`${piece}\0${key.revision}\0${key.term}\0${key.stream}\0`));

/** The crc32 of where a stream stands: a damaged head would let a writer append twice or fence nobody. */
export const standingChecksum = (key: PieceKey, trimmedThrough: number): number =>
  crc32(`standing\0${key.revision}\0${key.term}\0${trimmedThrough}\0${key.stream}`);
