import { createReadStream, readFileSync } from 'node:fs';
import { AuditVerification, parseHead, type AuditFindings, type ChainEnd, type LinePlace } from '@arpa2amqp/dispatcher';
import { BusError, quoted } from '@arpa2amqp/protocol';
import yargs from 'yargs';
import { readConfigurationFile } from './configuration.js';
import { AUDIT_OPTIONS, PROGRAM } from './program.js';
import { auditHeadIn, auditIn } from './state-directory.js';

interface AuditArguments {
  readonly files: readonly string[];
  readonly state: string | undefined;
  readonly config: string | undefined;
}

/** What to read, and what the daemon says of its end. */
interface AuditSources {
  readonly files: readonly string[];
  /** Read before the files: a daemon at work only adds to them. */
  readonly kept: ChainEnd | null;
}

const NOT_WHOLE = 1;
const STDIN = '-';
const LINE_FEED = 10;
/** No record is longer: a batch of the largest size makes none. */
const MAX_LINE_BYTES = 512 * 1024 * 1024;

/**
 * Runs `arpa2amqp.d audit verify`.
 *
 * @param argv - what follows on `audit`
 * @returns exit code 1 when the log is not as it was written
 * @throws BusError `usage` or `config`
 */
export async function runAuditProgram(
  argv: readonly string[],
  version: string,
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const { files, kept } = await sourcesOf(parse(argv, version));
  const verification = new AuditVerification(kept);
  let end: LinePlace = { file: '', line: 0 };
  for (const file of files) end = await readLines(file, verification, kept !== null);
  const findings = verification.finish(end);
  return { text: describe(findings, kept), exitCode: findings.problems.length === 0 ? 0 : NOT_WHOLE };
}

function parse(argv: readonly string[], version: string): AuditArguments {
  let found: AuditArguments | undefined;
  yargs([...argv])
    .scriptName(`${PROGRAM.name} audit`)
    .usage('$0 <command>\n\nReads the audit log of this host.')
    .command(
      'verify [files..]',
      'Follow the chain of a log, through rotated files in order (- for stdin); without a file, the log of the daemon',
      (command) => command.positional('files', { type: 'string', array: true }).options(AUDIT_OPTIONS),
      ({ files = [], state, config }) => {
        if (Array.isArray(state) || Array.isArray(config)) throw new BusError('usage', 'Give each option once');
        found = { files, state, config };
      },
    )
    .demandCommand(1, 'Name a command: verify')
    .strict()
    .parserConfiguration({ 'dot-notation': false, 'parse-positional-numbers': false })
    .version(version)
    .help()
    .alias('h', 'help')
    .wrap(Math.min(120, process.stdout.columns))
    .exitProcess(true)
    .fail((message: string | null, error: Error | undefined) => {
      throw new BusError('usage', message ?? error?.message ?? 'Wrong usage', { cause: error });
    })
    .parseSync();
  if (found === undefined) throw new BusError('usage', 'Name a command: verify');
  return found;
}

async function sourcesOf({ files, state: named, config }: AuditArguments): Promise<AuditSources> {
  const file = config === undefined ? {} : await readConfigurationFile(config);
  const state = named ?? file.state;
  const kept = state === undefined ? null : readKept(auditHeadIn(state));
  if (files.length > 0) return { files, kept };
  if (file.audit !== undefined && file.audit !== STDIN) return { files: [file.audit], kept };
  if (state === undefined) {
    throw new BusError('usage', 'Name the files of the log, or the state directory of the daemon with --state DIR');
  }
  return { files: [auditIn(state)], kept };
}

function readKept(path: string): ChainEnd | null {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new BusError('config', `Cannot read the end of the chain: ${(cause as Error).message}`, { cause });
  }
  const head = parseHead(text);
  if (head === null && text !== '') {
    throw new BusError(
      'config',
      `The kept end of the chain in ${quoted(path, 300)} is damaged: verify without --state`,
    );
  }
  return head;
}

/**
 * @param isExpected - whether a file that is missing is one without lines
 * @returns where the file ends
 */
async function readLines(file: string, verification: AuditVerification, isExpected: boolean): Promise<LinePlace> {
  let line = 0;
  let rest: Buffer[] = [];
  let restBytes = 0;
  try {
    for await (const chunk of (file === STDIN ? process.stdin : createReadStream(file)) as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
        const part = chunk.subarray(start, end);
        line += 1;
        verification.line(rest.length === 0 ? part : Buffer.concat([...rest, part]), { file, line });
        rest = [];
        restBytes = 0;
        start = end + 1;
      }
      if (start === chunk.length) continue;
      rest.push(chunk.subarray(start));
      restBytes += chunk.length - start;
      if (restBytes > MAX_LINE_BYTES) throw new Error(`line ${line + 1} has no end`);
    }
  } catch (cause) {
    if (isExpected && (cause as NodeJS.ErrnoException).code === 'ENOENT') return { file, line };
    throw new BusError('usage', `Cannot read the audit log ${quoted(file, 300)}: ${(cause as Error).message}`, {
      cause,
    });
  }
  verification.endOfFile(Buffer.concat(rest), { file, line: line + 1 });
  return { file, line };
}

function describe({ lines, first, last, problems, more }: AuditFindings, kept: ChainEnd | null): string {
  const found = problems.map(({ kind, file, line, text }) => `${file}:${line}: ${kind}: line ${line} ${text}`);
  if (more > 0) found.push(`and ${more} more`);
  if (found.length > 0) return `${found.join('\n')}\n`;
  if (first === null || last === null) return 'No records\n';
  const start = first === 1 ? '' : `\nRecord ${first} is the first: what came before it was not looked at`;
  const end = kept === null ? '\nThe last record is not vouched for: name the state directory with --state DIR' : '';
  return `${lines} lines are whole, records ${first} to ${last.sequence}; the last one's hash is ${last.hash}${start}${end}\n`;
}
