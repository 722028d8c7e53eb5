import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { ACL_ERRORS } from '@arpa2amqp/acl';
import { AMQP_ERROR_CODES } from '@arpa2amqp/amqp';
import { DIRECTORY_ERRORS } from '@arpa2amqp/directory';
import { GSS_ERRORS } from '@arpa2amqp/gssapi';
import { ERRORS, FRAME_ERRORS, LOCAL_ERRORS, REPLY_ERRORS } from '@arpa2amqp/protocol';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** One row of a table of docs/errors.md. */
interface Row {
  readonly code: string;
  readonly meaning: string;
  readonly retry: string;
  readonly exit?: string;
}

/** The table under a heading, with the names of its columns as keys. */
function tableOf(heading: string): Row[] {
  const section = read('docs/errors.md').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const [names = [], , ...rows] = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  return rows.map((cells) => {
    expect(cells.filter((cell) => cell !== '')).toHaveLength(names.length);
    const row = Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
    const { Code: code = '', Meaning: meaning = '', Retry: retry = '', Exit: exit } = row;
    return { code: code.replaceAll('`', ''), meaning, retry, ...(exit === undefined ? {} : { exit }) };
  });
}

const retry = (isRetryable: boolean): string => (isRetryable ? 'yes' : 'no');

describe('docs/errors.md', () => {
  test.each([
    ['Codes of replies', REPLY_ERRORS],
    ['Reasons of error frames', FRAME_ERRORS],
    ['Codes of programs and libraries', LOCAL_ERRORS],
  ])('%s: the catalogue of @arpa2amqp/protocol, row by row', (heading, catalogue) => {
    const rows = Object.entries(catalogue).map(([code, { about, retryable, exitCode }]) => {
      return { code, meaning: about, retry: retry(retryable), exit: String(exitCode) };
    });
    expect(tableOf(heading)).toEqual(rows);
  });

  test('Codes of GSS-API: the catalogue of @arpa2amqp/gssapi, row by row', () => {
    const rows = Object.entries(GSS_ERRORS).map(([code, { summary, retryable }]) => {
      return { code, meaning: summary, retry: retry(retryable) };
    });
    expect(tableOf('Codes of GSS-API')).toEqual(rows);
  });

  test('Codes of AMQP: the catalogue of @arpa2amqp/amqp, row by row', () => {
    const rows = Object.entries(AMQP_ERROR_CODES).map(([code, { meaning, retryable }]) => {
      return { code, meaning: meaning.charAt(0).toUpperCase() + meaning.slice(1), retry: retry(retryable) };
    });
    expect(tableOf('Codes of AMQP')).toEqual(rows);
  });

  test('Codes of access control lists: the catalogue of @arpa2amqp/acl, row by row', () => {
    const rows = Object.entries(ACL_ERRORS).map(([code, { about, retryable }]) => {
      return { code, meaning: about, retry: retry(retryable) };
    });
    expect(tableOf('Codes of access control lists')).toEqual(rows);
  });

  test('Codes of directories: the catalogue of @arpa2amqp/directory, row by row', () => {
    const rows = Object.entries(DIRECTORY_ERRORS).map(([code, { about, retryable }]) => {
      return { code, meaning: about, retry: retry(retryable) };
    });
    expect(tableOf('Codes of directories')).toEqual(rows);
  });
});

/** Where a code is written in the sources, by the way it is used there. */
interface Mention {
  readonly code: string;
  readonly where: string;
  /** Whatever is given here must be a code of the catalogue. */
  readonly isGiven: boolean;
}

/** Functions and classes that are given a code. */
const TAKERS =
  /^(?:BusError|Refusal|AclError|DirectoryError|AmqpError|GssError|DocumentValidator|errorReply|failure|asAmqpError|statusError)$/;
/** Members that hold a code, though others may hold something else under that name. */
const MEMBERS = /^(?:code|reason)$/;
/** Types of tables whose values are codes. */
const TABLES = /Record<.*(?:ErrorCode|ReplyCode|FrameErrorReason)>/;

const sources = ['packages', 'shells'].flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /^[^/]+\/src\/(?!generated\/).*\.ts$/.test(file))
    .map((file) => `${folder}/${file}`),
);

/** The string literals that an expression may have as its value. */
function literalsOf(node: ts.Node): string[] {
  if (ts.isStringLiteral(node)) return [node.text];
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return literalsOf(node.expression);
  if (ts.isConditionalExpression(node)) return [...literalsOf(node.whenTrue), ...literalsOf(node.whenFalse)];
  if (ts.isBinaryExpression(node)) return literalsOf(node.right);
  return [];
}

function mentionsOf(file: string): Mention[] {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  const found: Mention[] = [];
  const note = (node: ts.Node, isGiven: boolean): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    found.push(...literalsOf(node).map((code) => ({ code, where: `${file}:${line + 1}`, isGiven })));
  };
  const noteCall = (callee: ts.Expression, [first, second]: readonly ts.Expression[]): void => {
    const name = callee.getText().split('.').at(-1) ?? '';
    if (!TAKERS.test(name)) return;
    const argument = name === 'asAmqpError' || name === 'DocumentValidator' ? second : first;
    if (argument !== undefined) note(argument, true);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) || ts.isCallExpression(node)) noteCall(node.expression, node.arguments ?? []);
    else if (ts.isPropertyAssignment(node) && MEMBERS.test(node.name.getText())) note(node.initializer, false);
    else if (ts.isReturnStatement(node)) pairsOf(node.expression).forEach((code) => note(code, false));
    else if (ts.isVariableDeclaration(node) && TABLES.test(node.getText())) {
      const table = node.initializer && unwrapped(node.initializer);
      if (table && ts.isObjectLiteralExpression(table)) {
        for (const property of table.properties) {
          if (ts.isPropertyAssignment(property)) note(property.initializer, true);
        }
      }
    } else if (ts.isStringLiteral(node) && /^(?:gss|amqp|acl|directory)-[a-z-]+$/.test(node.text)) note(node, false);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The first elements of the pairs, `[code, message]`, that an expression may have as its value. */
function pairsOf(node: ts.Node | undefined): ts.Expression[] {
  if (node === undefined) return [];
  if (ts.isConditionalExpression(node)) return [...pairsOf(node.whenTrue), ...pairsOf(node.whenFalse)];
  const [code, , more] = ts.isArrayLiteralExpression(node) ? node.elements : [];
  return code === undefined || more !== undefined ? [] : [code];
}

function unwrapped(node: ts.Expression): ts.Expression {
  return ts.isSatisfiesExpression(node) || ts.isAsExpression(node) ? unwrapped(node.expression) : node;
}

describe('the sources', () => {
  const catalogues = { ...ERRORS, ...AMQP_ERROR_CODES, ...GSS_ERRORS, ...ACL_ERRORS, ...DIRECTORY_ERRORS };
  const definitions =
    /(?:protocol\/src\/error-catalogue|amqp\/src\/errors|gssapi\/src\/error-codes|acl\/src\/acl-error|directory\/src\/directory-error)\.ts$/;
  const mentions = sources.filter((file) => !definitions.test(file)).flatMap(mentionsOf);

  test('give no code that is in no catalogue', () => {
    const given = mentions.filter(({ isGiven }) => isGiven);
    expect(given.length).toBeGreaterThan(100);
    expect(given.filter(({ code }) => !Object.hasOwn(catalogues, code))).toEqual([]);
  });

  test('use every code of the catalogues', () => {
    const used = new Set(mentions.map(({ code }) => code));
    expect(Object.keys(catalogues).filter((code) => !used.has(code))).toEqual([]);
  });

  test('tell every code apart: no two catalogues share one', () => {
    const all = [
      REPLY_ERRORS,
      FRAME_ERRORS,
      LOCAL_ERRORS,
      AMQP_ERROR_CODES,
      GSS_ERRORS,
      ACL_ERRORS,
      DIRECTORY_ERRORS,
    ].flatMap(Object.keys);
    expect(all.length).toBe(new Set(all).size);
  });
});
