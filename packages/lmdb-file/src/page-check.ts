/**
 * Reads an LMDB file without LMDB, which maps files and so dies of SIGBUS or SIGSEGV on a cut or corrupted one, and takes an
 * empty one for new.
 *
 * Walks every page that the newest snapshot reaches. Invariants checked: (1) pages lie within the file, know their own number,
 * are reached once, at the depth that the root states; (2) nodes lie within their page; (3) keys ascend, also against the
 * separators of branches; (4) the number of entries is the stated one; (5) no page
 * is both in use and free; (6) the meta pages are of two transactions in a row. What the entries say is for the caller to check.
 */
import { readSync } from 'node:fs';

const PAGE_HEADER = 24;
const NODE_HEADER = 8;
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
/** How far a file may grow: address space that LMDB is to map, not memory or disk. */
export const MAX_FILE_BYTES = 2 ** 36;
const NO_PAGE = 0xffffffffffffffffn;
const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;
const META = 8;
/** One file, not a folder (0x4000); free pages are listed by number (8). Other flags make LMDB read the file otherwise. */
const FLAGS = 0x4008;
const BIG_DATA = 1;

/** A snapshot of an LMDB file. */
export interface Snapshot {
  readonly fd: number;
  readonly fileSize: number;
  readonly pageSize: number;
  readonly transaction: bigint;
  /** The other meta page is of the transaction before. */
  readonly isInRow: boolean;
  readonly lastPage: bigint;
  readonly freeTree: Tree;
  readonly mainTree: Tree;
}

interface Tree {
  readonly root: bigint;
  readonly depth: number;
  readonly entries: bigint;
}

/** The file is not what LMDB writes. */
export class PageError extends Error {
  override readonly name = 'PageError';
}

/**
 * Reads the newest of the two meta pages.
 *
 * @throws PageError
 */
export function readSnapshot(fd: number, fileSize: number): Snapshot {
  const head = Buffer.alloc(PAGE_HEADER + 160);
  read(fd, head, 0);
  const pageSize = head.readUInt32LE(PAGE_HEADER + 24);
  if (pageSize < 512 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0) throw new PageError('no page size');
  const metas = [0, pageSize].map((position) => {
    read(fd, head, position);
    return readMeta(head);
  });
  const [newest, older] = metas.sort((a, b) => (a.transaction > b.transaction ? -1 : 1));
  if (newest === undefined || older === undefined) throw new PageError('no meta page');
  return { fd, fileSize, pageSize, isInRow: newest.transaction - older.transaction === 1n, ...newest };
}

function readMeta(head: Buffer): Pick<Snapshot, 'transaction' | 'lastPage' | 'freeTree' | 'mainTree'> {
  const isMeta = (head.readUInt16LE(18) & META) !== 0 && head.readUInt32LE(PAGE_HEADER) === MAGIC;
  if (!isMeta) throw new PageError('no meta page');
  const version = head.readUInt32LE(PAGE_HEADER + 4) & 0xffff;
  if (version !== DATA_VERSION) throw new PageError(`data version ${version}`);
  const isPlain =
    head.readUInt16LE(PAGE_HEADER + 28) === FLAGS &&
    head.readUInt32LE(PAGE_HEADER + 72) === 0 &&
    head.readUInt16LE(PAGE_HEADER + 76) === 0;
  if (!isPlain || head.readBigUInt64LE(PAGE_HEADER + 16) > MAX_FILE_BYTES)
    throw new PageError('contents of a meta page');
  return {
    lastPage: head.readBigUInt64LE(PAGE_HEADER + 120),
    transaction: head.readBigUInt64LE(PAGE_HEADER + 128),
    freeTree: treeAt(head, PAGE_HEADER + 24),
    mainTree: treeAt(head, PAGE_HEADER + 72),
  };
}

function treeAt(meta: Buffer, at: number): Tree {
  return {
    depth: meta.readUInt16LE(at + 6),
    entries: meta.readBigUInt64LE(at + 32),
    root: meta.readBigUInt64LE(at + 40),
  };
}

/**
 * Walks all pages of a snapshot.
 *
 * @param onEntry - told of each entry, in the order of the keys; the buffers are valid during the call only
 * @throws PageError
 */
export function walkSnapshot(snapshot: Snapshot, onEntry: (key: Buffer, value: Buffer) => void): void {
  const isMapped = Number(snapshot.lastPage) < MAX_FILE_BYTES / snapshot.pageSize;
  if (!isMapped) throw new PageError('number of the last page');
  if (!snapshot.isInRow) throw new PageError('order of the meta pages');
  const seen = new Uint8Array(Math.ceil(snapshot.fileSize / snapshot.pageSize));
  const free: Buffer[] = [];
  new TreeWalk(snapshot, seen, false).run(snapshot.freeTree, (_, value) => free.push(Buffer.from(value)));
  new TreeWalk(snapshot, seen, true).run(snapshot.mainTree, onEntry);
  if (seen.lastIndexOf(1) > Number(snapshot.lastPage)) throw new PageError('number of the last page');
  for (const list of free) markFree(list, seen, Number(snapshot.lastPage));
}

/** A list of free pages: a word of no meaning, then page numbers; minus n and a number are n pages from there; 0 is nothing. */
function markFree(list: Buffer, seen: Uint8Array, lastPage: number): void {
  for (let at = 8; at + 8 <= list.length; at += 8) {
    const word = Number(list.readBigInt64LE(at));
    if (word === 0) continue;
    if (word < 0) at += 8;
    const first = word > 0 ? word : at + 8 <= list.length ? Number(list.readBigInt64LE(at)) : -1;
    const count = Math.max(-word, 1);
    if (first < 2 || first + count - 1 > lastPage) throw new PageError('number of a free page');
    for (let page = first; page < Math.min(first + count, seen.length); page += 1) {
      if (seen[page] === 1) throw new PageError(`page ${page} is both in use and free`);
      seen[page] = 1;
    }
  }
}

interface Visit {
  readonly page: bigint;
  readonly depth: number;
  readonly separator: Buffer | null;
}

class TreeWalk {
  readonly #snapshot: Snapshot;
  readonly #seen: Uint8Array;
  readonly #isOrdered: boolean;
  readonly #page: Buffer;
  readonly #visits: Visit[] = [];
  #floor: Buffer | null = null;
  #isFloorTaken = false;
  #entries = 0n;

  /** @param isOrdered - by the bytes of the keys; those of the tree of free pages are numbers */
  constructor(snapshot: Snapshot, seen: Uint8Array, isOrdered: boolean) {
    this.#snapshot = snapshot;
    this.#seen = seen;
    this.#isOrdered = isOrdered;
    this.#page = Buffer.alloc(snapshot.pageSize);
  }

  run(tree: Tree, onEntry: (key: Buffer, value: Buffer) => void): void {
    if (tree.root !== NO_PAGE) this.#visits.push({ page: tree.root, depth: 1, separator: null });
    for (let visit = this.#visits.pop(); visit !== undefined; visit = this.#visits.pop()) {
      if (visit.separator !== null) this.#raiseFloor(visit.separator);
      const kind = this.#load(visit.page, 1);
      if (kind !== (visit.depth === tree.depth ? LEAF : BRANCH))
        throw new PageError(`page ${visit.page} at a wrong depth`);
      if (kind === BRANCH) this.#branch(visit.depth + 1);
      else this.#leaf(onEntry);
    }
    if (this.#entries !== tree.entries) throw new PageError(`${this.#entries} entries instead of ${tree.entries}`);
  }

  #load(page: bigint, count: number, target = this.#page): number {
    const { fd, pageSize } = this.#snapshot;
    const number = Number(page);
    if (page < 2n || (number + count) * pageSize > this.#snapshot.fileSize) {
      throw new PageError(`page ${page} is not in the file`);
    }
    for (let index = number; index < number + count; index += 1) {
      if (this.#seen[index] === 1) throw new PageError(`page ${index} is used twice`);
      this.#seen[index] = 1;
    }
    read(fd, target, number * pageSize);
    if (target.readBigUInt64LE(0) !== page) throw new PageError(`page ${page} is another page`);
    return target.readUInt16LE(18) & 0x0f;
  }

  /** The offsets of the nodes of the page at hand. */
  #nodes(): number[] {
    const page = this.#page;
    const lower = page.readUInt16LE(20);
    const upper = page.readUInt16LE(22);
    if (lower > upper || PAGE_HEADER + upper > page.length) throw new PageError('bounds of a page');
    return Array.from({ length: lower >> 1 }, (_, index) => {
      const node = PAGE_HEADER + page.readUInt16LE(PAGE_HEADER + index * 2);
      if (node < PAGE_HEADER + upper || node + NODE_HEADER > page.length) throw new PageError('place of a node');
      return node;
    });
  }

  #keyOf(node: number): Buffer {
    const end = node + NODE_HEADER + this.#page.readUInt16LE(node + 6);
    if (end > this.#page.length) throw new PageError('length of a key');
    return this.#page.subarray(node + NODE_HEADER, end);
  }

  #branch(depth: number): void {
    const nodes = this.#nodes();
    for (let index = nodes.length - 1; index >= 0; index -= 1) {
      const node = nodes[index] ?? 0;
      const page = BigInt(this.#page.readUIntLE(node, 6));
      const hasSeparator = index > 0 && this.#isOrdered;
      this.#visits.push({ page, depth, separator: hasSeparator ? Buffer.from(this.#keyOf(node)) : null });
    }
  }

  #leaf(onEntry: (key: Buffer, value: Buffer) => void): void {
    const nodes = this.#nodes();
    this.#entries += BigInt(nodes.length);
    for (const node of nodes) {
      const key = this.#keyOf(node);
      const value = this.#valueOf(node, key.length);
      if (this.#isOrdered) this.#climb(key);
      onEntry(key, value);
    }
  }

  #valueOf(node: number, keyLength: number): Buffer {
    const start = node + NODE_HEADER + keyLength;
    const size = this.#page.readUInt32LE(node);
    const flags = this.#page.readUInt16LE(node + 4);
    if ((flags & ~BIG_DATA) !== 0) throw new PageError('kind of a node');
    if (flags === 0) {
      if (start + size > this.#page.length) throw new PageError('length of a value');
      return this.#page.subarray(start, start + size);
    }
    if (start + 24 > this.#page.length) throw new PageError('place of a value');
    const { pageSize, fileSize } = this.#snapshot;
    if (size > fileSize) throw new PageError('length of a value');
    const count = Math.ceil((PAGE_HEADER + size) / pageSize);
    const pages = Buffer.alloc(count * pageSize);
    if (this.#load(this.#page.readBigUInt64LE(start), count, pages) !== OVERFLOW) throw new PageError('kind of a page');
    return pages.subarray(PAGE_HEADER, PAGE_HEADER + size);
  }

  #raiseFloor(separator: Buffer): void {
    if (this.#floor !== null && separator.compare(this.#floor) <= 0) throw new PageError('order of pages');
    this.#floor = separator;
    this.#isFloorTaken = false;
  }

  #climb(key: Buffer): void {
    const order = this.#floor === null ? 1 : key.compare(this.#floor);
    if (order < 0 || (order === 0 && this.#isFloorTaken)) throw new PageError('order of keys');
    this.#floor = Buffer.from(key);
    this.#isFloorTaken = true;
  }
}

function read(fd: number, target: Buffer, position: number): void {
  if (readSync(fd, target, 0, target.length, position) !== target.length)
    throw new PageError('the file ends too early');
}
