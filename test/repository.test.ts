import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));
const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(root, path)));

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly engines?: Record<string, string>;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const readManifest = (path: string): Manifest => JSON.parse(read(path)) as Manifest;

const manifests = tracked.filter((path) => /^((packages|shells)\/[^/]+\/)?package\.json$/.test(path));
const workspaces = manifests.map((path) => dirname(path)).filter((folder) => folder !== '.');

function listDependencies(manifest: Manifest): [name: string, version: string][] {
  const { dependencies, devDependencies, peerDependencies, optionalDependencies } = manifest;
  return [dependencies, devDependencies, peerDependencies, optionalDependencies].flatMap((group) =>
    Object.entries(group ?? {}),
  );
}

/** `file:line text` of every line of a tracked file that matches. */
function findLines(pattern: RegExp, files = tracked): string[] {
  return files.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim().slice(0, 120)}`] : [])),
  );
}

describe('package manifests', () => {
  test('name exact versions, so that a fresh clone is the tree that was tested', () => {
    const loose = manifests.flatMap((path) =>
      listDependencies(readManifest(path))
        .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
        .map(([name, version]) => `${path}: ${name} ${version}`),
    );
    expect(loose).toEqual([]);
  });

  test('agree on version, licence and engine, and depend on one another in that version', () => {
    const { version, license, engines } = readManifest('package.json');
    for (const path of manifests) {
      const manifest = readManifest(path);
      expect({ path, ...manifest }).toMatchObject({ path, version, license, engines });
      const siblings = listDependencies(manifest).filter(([name]) => name.startsWith('@arpa2amqp/'));
      expect([path, ...siblings.map(([, wanted]) => wanted)]).toEqual([path, ...siblings.map(() => version)]);
    }
  });

  test('declare one version of a package across the workspaces', () => {
    const versions = new Map<string, Set<string>>();
    for (const [name, version] of manifests.flatMap((path) => listDependencies(readManifest(path)))) {
      versions.set(name, (versions.get(name) ?? new Set()).add(version));
    }
    expect([...versions].filter(([, found]) => found.size > 1)).toEqual([]);
  });
});

describe('tracked files', () => {
  test('hold no registry host in the lock file', () => {
    expect(findLines(/"resolved": *"\w+:\/\//, ['package-lock.json'])).toEqual([]);
  });

  test('hold no path of one machine', () => {
    expect(findLines(/(?<![\w.})\]-])\/(?:home|Users|root|work|farm)\/[\w.-]/)).toEqual([]);
  });

  test('hold no build output', () => {
    expect(tracked.filter((path) => /(^|\/)(dist|node_modules|\.tstest|coverage|\.cache)\//.test(path))).toEqual([]);
  });
});

describe('documents', () => {
  test.each(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'LICENSE'])(
    '%s is there',
    (path) => {
      expect(tracked).toContain(path);
    },
  );

  test('each workspace has a README of at most 60 lines', () => {
    const lines = workspaces.map((folder) => {
      const path = join(folder, 'README.md');
      return { path, count: tracked.includes(path) ? read(path).trimEnd().split('\n').length : 0 };
    });
    expect(lines.filter(({ count }) => count === 0 || count > 60)).toEqual([]);
  });

  test('relative links lead to files that are there', () => {
    const broken = tracked
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) =>
        [...read(path).matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
          .map(([, target]) => target ?? '')
          .filter((target) => !/^\w+:/.test(target) && !existsSync(join(root, dirname(path), target)))
          .map((target) => `${path}: ${target}`),
      );
    expect(broken).toEqual([]);
  });

  test('decision records are numbered without a gap, and the ones cited exist', () => {
    const records = tracked.flatMap((path) => /^docs\/adr\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1] ?? []).sort();
    expect(records).toEqual(records.map((_, index) => String(index + 1).padStart(4, '0')));
    const cited = tracked.flatMap((path) =>
      [...read(path).matchAll(/docs\/adr\/(\d{4})/g)].map(([, number]) => number),
    );
    expect(cited.filter((number) => number === undefined || !records.includes(number))).toEqual([]);
  });
});
