import { access, constants, readdir, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { BusError, DocumentValidator, parseStrictJson, quoted } from '@arpa2amqp/protocol';
import { describeShell } from './describe-shell.js';
import type { ShellDescription } from './description.js';
import { DescriptionProblem } from './document.js';
import { shellManifestSchema, type ExecutableManifest, type ProcessManifest } from './generated/shell-manifest.js';
import { fileInFolder, refuseWorldWritable } from './trusted-file.js';
import { reasonOf } from './reason.js';

/** A shell found on disk, checked and with absolute paths: what {@link hostFor} takes. */
export type LoadedManifest = {
  readonly name: string;
  /** Absolute path of the `shell.json`. */
  readonly file: string;
  /** Folder of the manifest with all links resolved; the working directory of the shell. */
  readonly folder: string;
  /** Names of variables the shell gets beside the usual ones. */
  readonly environment: readonly string[];
} & (
  | { readonly kind: 'process'; readonly module: string; readonly options: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'executable';
      readonly program: readonly [string, ...string[]];
      readonly description: ShellDescription;
    }
);

const MANIFEST = 'shell.json';
const MAX_DEPTH = 16;

const { definitions } = shellManifestSchema;
const processValidator = new DocumentValidator<ProcessManifest>(
  { definitions, $ref: '#/definitions/processManifest' },
  'config',
);
const executableValidator = new DocumentValidator<ExecutableManifest>(
  { definitions, $ref: '#/definitions/executableManifest' },
  'config',
);

/**
 * Finds shells: each folder either is one (it has a `shell.json`) or holds some, one level deep.
 * @throws BusError `config` naming the file, for a manifest that is wrong or that everyone may write, for a folder without
 * any shell, and for two shells of one name.
 */
export async function loadShells(folders: readonly string[]): Promise<readonly LoadedManifest[]> {
  const files = new Set<string>();
  for (const folder of folders) for (const file of await findManifests(folder)) files.add(file);
  const byName = new Map<string, LoadedManifest>();
  for (const file of files) {
    const manifest = await loadManifest(file);
    const other = byName.get(manifest.name);
    if (other !== undefined) {
      throw new BusError('config', `${file}: ${other.file} has a shell named ${quoted(manifest.name)} too`);
    }
    byName.set(manifest.name, manifest);
  }
  return [...byName.values()];
}

async function findManifests(folder: string): Promise<readonly string[]> {
  try {
    const root = await realpath(folder);
    if (await exists(path.join(root, MANIFEST))) return [path.join(root, MANIFEST)];
    const found: string[] = [];
    for (const entry of (await readdir(root)).sort()) {
      const file = path.join(root, entry, MANIFEST);
      if (await exists(file)) found.push(path.join(await realpath(path.dirname(file)), MANIFEST));
    }
    if (found.length > 0) return found;
  } catch (error) {
    throw new BusError('config', `Reading the folder of shells ${quoted(folder, 300)} failed`, { cause: error });
  }
  throw new BusError('config', `The folder ${quoted(folder, 300)} is no shell and holds none: there is no ${MANIFEST}`);
}

async function exists(file: string): Promise<boolean> {
  return await access(file, constants.F_OK).then(
    () => true,
    () => false,
  );
}

async function loadManifest(file: string): Promise<LoadedManifest> {
  await refuseWorldWritable(file);
  const document = await readManifest(file);
  const kind: unknown = (document as { kind?: unknown } | null)?.kind;
  if (kind === 'process') return await loadProcess(processValidator.check(document, file), file);
  if (kind === 'executable') return await loadExecutable(executableValidator.check(document, file), file);
  throw new BusError('config', `${file} is not valid: its "kind" must be "process" or "executable"`);
}

async function readManifest(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8');
  try {
    return parseStrictJson(text, MAX_DEPTH);
  } catch (error) {
    throw new BusError('config', `${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

async function loadProcess(manifest: ProcessManifest, file: string): Promise<LoadedManifest> {
  const folder = path.dirname(file);
  const { name, kind, options = {}, environment = [] } = manifest;
  return { name, kind, file, folder, environment, options, module: await fileInFolder(folder, manifest.module, file) };
}

async function loadExecutable(manifest: ExecutableManifest, file: string): Promise<LoadedManifest> {
  const folder = path.dirname(file);
  const { name, kind, environment = [] } = manifest;
  const program = await resolveProgram(manifest.program, folder, file);
  try {
    return { name, kind, file, folder, environment, program, description: describeShell({ ...manifest }) };
  } catch (error) {
    if (!(error instanceof DescriptionProblem)) throw error;
    throw new BusError('config', `${file} is not valid: ${error.message}`, { cause: error });
  }
}

/** `./` words are files of the shell, also behind an interpreter; the program itself may be an absolute path instead. */
async function resolveProgram(
  words: readonly string[],
  folder: string,
  file: string,
): Promise<readonly [string, ...string[]]> {
  const [first = '', ...rest] = words;
  const args: string[] = [];
  for (const word of rest) args.push(word.startsWith('./') ? await fileInFolder(folder, word, file) : word);
  return [await resolveFirst(first, folder, file), ...args];
}

async function resolveFirst(program: string, folder: string, file: string): Promise<string> {
  let resolved = program;
  if (program.startsWith('./')) resolved = await fileInFolder(folder, program, file);
  else if (!path.isAbsolute(program)) {
    throw new BusError('config', `${file}: the program ${quoted(program)} must start with "./" or "/"`);
  }
  try {
    await access(resolved, constants.X_OK);
    await refuseWorldWritable(await realpath(resolved));
  } catch (error) {
    if (error instanceof BusError) throw error;
    throw new BusError('config', `${file}: the program ${quoted(program)} cannot be executed`, { cause: error });
  }
  return resolved;
}
