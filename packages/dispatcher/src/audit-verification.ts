import { claimOf, GENESIS, headAt, type ChainHead, type Claim } from './audit-chain.js';
import type { ChainEnd } from './audit-head.js';

/** Where a line stands. */
export interface LinePlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Something that is not as it was written. */
export interface AuditProblem extends LinePlace {
  readonly kind: 'changed' | 'missing' | 'moved' | 'doubled' | 'torn';
  /** For people. */
  readonly text: string;
}

/** What was found in a log. */
export interface AuditFindings {
  readonly lines: number;
  /** The number of the first record; null when there is none. */
  readonly first: number | null;
  readonly last: ChainHead | null;
  /** The first ones, in order. */
  readonly problems: readonly AuditProblem[];
  /** Problems that are not among them. */
  readonly more: number;
}

interface Problem extends LinePlace {
  kind: AuditProblem['kind'];
  text: string;
  /** What it was concluded from. */
  readonly basis: 'itself' | 'next' | 'gap' | 'other';
}

interface Gap {
  readonly from: number;
  readonly to: number;
  readonly problem: Problem;
}

interface Previous {
  readonly head: ChainHead;
  readonly place: LinePlace;
  /** It is known to be changed. */
  readonly isBad: boolean;
  /** The last record before it, when it is none itself: it may have been put in between. */
  readonly before: Previous | null;
}

/** A line that was cut off where its file ends. */
interface Torn {
  readonly bytes: Buffer;
  readonly place: LinePlace;
}

const MAX_PROBLEMS = 100;

/**
 * Follows the chain of a log from line to line, through one file or several in order. Every line vouches for the one before it; for
 * the last one does the kept end of the chain, where there is one.
 */
export class AuditVerification {
  readonly #kept: ChainEnd | null;
  readonly #problems: Problem[] = [];
  readonly #gaps: Gap[] = [];
  #more = 0;
  #lines = 0;
  #first: number | null = null;
  #previous: Previous | null = null;
  #torn: Torn | null = null;
  #isKeptSeen = false;
  /** The first record of the file that is read now. */
  #begin: (LinePlace & { readonly sequence: number }) | null = null;

  /** @param kept - the end of the chain as the daemon has kept it, read before the log; null when the log does not go up to now */
  constructor(kept: ChainEnd | null = null) {
    this.#kept = kept;
  }

  /** Takes the next line, without its line feed. */
  line(bytes: Buffer, place: LinePlace): void {
    this.#lines += 1;
    this.#checkTorn(bytes);
    const claim = claimOf(bytes);
    const previous = follows(claim, this.#previous?.before) ?? this.#previous;
    if (claim === null) {
      this.#problem('changed', place, 'is no record of an audit log', 'itself');
      this.#follow(bytes, (previous?.head.sequence ?? 0) + 1, place, { before: previous?.before ?? previous });
      return;
    }
    if (this.#begin?.file !== place.file) this.#begin = { ...place, sequence: claim.sequence };
    if (previous === null) this.#start(claim, place);
    else if (claim.previous === previous.head.hash) {
      if (!this.#afterMatch(bytes, claim, previous, place)) return;
    } else if (!this.#afterMismatch(claim, previous, place)) return;
    this.#follow(bytes, claim.sequence, place);
  }

  /** Takes what stands behind the last line feed of a file. */
  endOfFile(rest: Buffer, place: LinePlace): void {
    if (rest.length > 0) this.#torn = { bytes: Buffer.from(rest), place };
  }

  /** @param end - where the last file ends */
  finish(end: LinePlace): AuditFindings {
    const torn = this.#torn;
    this.#torn = null;
    if (torn !== null) {
      const why = 'the host stopped while it wrote it, or writes it just now';
      this.#problem('torn', torn.place, `is not finished: ${why}`, 'itself');
    }
    if (this.#kept !== null) {
      this.#checkBegin(this.#kept);
      this.#checkKept(this.#kept, end);
    }
    const problems = this.#problems.map(({ kind, file, line, text }) => ({ kind, file, line, text }));
    return {
      lines: this.#lines,
      first: this.#first,
      last: this.#previous?.head ?? null,
      problems,
      more: this.#more,
    };
  }

  #start({ sequence, previous }: Claim, place: LinePlace): void {
    this.#first = sequence;
    if (sequence === 1 && previous !== GENESIS.hash) {
      this.#problem('changed', place, 'is changed: the first record of all follows on nothing', 'itself');
    }
  }

  /** @returns false when the line is not the next one of the chain */
  #afterMatch(bytes: Buffer, { sequence }: Claim, previous: Previous, place: LinePlace): boolean {
    const expected = previous.head.sequence + 1;
    if (previous.isBad && isTornRecord(bytes)) this.#forgive(previous.place);
    if (sequence === expected || previous.isBad) return true;
    this.#problem('changed', place, `is changed: its number is ${sequence}, not ${expected}`, 'itself');
    this.#follow(bytes, expected, place, { before: null });
    return false;
  }

  /** @returns false when the line is not the next one of the chain */
  #afterMismatch({ sequence }: Claim, previous: Previous, place: LinePlace): boolean {
    const expected = previous.head.sequence + 1;
    if (sequence === expected) {
      if (!previous.isBad) this.#blame(previous.place, place);
      return true;
    }
    if (sequence > expected) {
      const what = sequence - 1 === expected ? `record ${expected} is` : `records ${expected} to ${sequence - 1} are`;
      const problem = this.#problem('missing', place, `comes too early: ${what} missing before it`, 'gap');
      this.#gaps.push({ from: expected, to: sequence - 1, problem });
      return true;
    }
    const gap = this.#gaps.find(({ from, to }) => sequence >= from && sequence <= to);
    if (gap === undefined) {
      this.#problem('doubled', place, `is record ${sequence} once more, or a forged one`, 'other');
    } else if (gap.from === gap.to) {
      gap.problem.kind = 'moved';
      gap.problem.text = `comes too early: record ${sequence}, which belongs before it, is ${placeText(place, gap.problem)}`;
    } else this.#problem('moved', place, `is record ${sequence}, which belongs further up`, 'other');
    return false;
  }

  /** A line and the next one do not agree: most likely the first is changed, but if the next one is, it is blamed alone. */
  #blame(place: LinePlace, next: LinePlace): void {
    const last = this.#problems.at(-1);
    if (last?.basis === 'next' && last.file === place.file && last.line === place.line - 1) this.#problems.pop();
    this.#problem('changed', place, `is changed, or what ${placeText(next, place)} says of it`, 'next');
  }

  #follow(bytes: Buffer, sequence: number, place: LinePlace, bad?: Pick<Previous, 'before'>): void {
    const head = headAt(bytes, sequence);
    if (head.sequence === this.#kept?.sequence && head.hash === this.#kept.hash) this.#isKeptSeen = true;
    this.#previous = { head, place, isBad: bad !== undefined, before: bad?.before ?? null };
  }

  /** A line that a full disk has cut is whole in the next file, when the log went on there. */
  #checkTorn(first: Buffer): void {
    const torn = this.#torn;
    this.#torn = null;
    if (torn === null || first.subarray(0, torn.bytes.length).equals(torn.bytes)) return;
    this.#problem('torn', torn.place, 'is not finished, and not the beginning of the next file', 'itself');
  }

  /** The daemon has found the torn line at its start, and its record vouches for it. */
  #forgive({ file, line }: LinePlace): void {
    const at = this.#problems.findLastIndex((problem) => problem.file === file && problem.line === line);
    if (at >= 0) this.#problems.splice(at, 1);
  }

  #checkBegin({ first }: ChainEnd): void {
    if (this.#begin === null || first === null || this.#begin.sequence === first) return;
    const { sequence, ...place } = this.#begin;
    this.#problem(
      'missing',
      place,
      `is record ${sequence}, but the daemon began the file with record ${first}`,
      'other',
    );
  }

  #checkKept(kept: ChainEnd, end: LinePlace): void {
    const last = this.#previous?.head.sequence ?? 0;
    if (this.#isKeptSeen || kept.sequence === 0) return;
    // A file that was begun, and nothing has happened since.
    if (last === 0 && kept.first === kept.sequence + 1) return;
    if (last < kept.sequence) {
      const what =
        last + 1 === kept.sequence ? `record ${kept.sequence} is` : `records ${last + 1} to ${kept.sequence} are`;
      this.#problem('missing', end, `is where the log ends, but ${what} missing behind it`, 'other');
    } else {
      this.#problem('changed', end, `does not lead to the kept end of the chain, record ${kept.sequence}`, 'other');
    }
  }

  #problem(kind: Problem['kind'], { file, line }: LinePlace, text: string, basis: Problem['basis']): Problem {
    const problem = { kind, file, line, text, basis };
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
    else this.#more += 1;
    return problem;
  }
}

/** The record that a claim follows on, if it is this one. */
function follows(claim: Claim | null, record: Previous | null | undefined): Previous | null {
  if (claim === null || record == null) return null;
  const { sequence, hash } = record.head;
  return claim.sequence === sequence + 1 && claim.previous === hash ? record : null;
}

function isTornRecord(line: Buffer): boolean {
  return (JSON.parse(line.toString('latin1')) as { record?: unknown }).record === 'torn';
}

function placeText({ file, line }: LinePlace, from: LinePlace): string {
  return file === from.file ? `line ${line}` : `line ${line} of ${file}`;
}
