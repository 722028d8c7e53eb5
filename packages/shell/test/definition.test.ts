import { describe, expect, test } from '@jest/globals';
import { BusError } from '@arpa2amqp/protocol';
import {
  CommandTable,
  defineShell,
  inlineHost,
  readDescription,
  type CommandDefinition,
  type ShellDefinition,
} from '../src/index.js';
import { Probe } from './probe.js';

const command: CommandDefinition<undefined> = {
  spec: 'show <zone>',
  summary: 'Show',
  effect: 'read',
  open: true,
  run: () => undefined,
};

function refusal(change: object, commands: readonly object[] = [command]): string {
  const definition = { name: 'probe', version: '0.1', intro: 'Probes.', commands, ...change };
  try {
    defineShell(definition as unknown as ShellDefinition<undefined>);
  } catch (error) {
    expect(error).toBeInstanceOf(BusError);
    expect((error as BusError).code).toBe('config');
    return (error as BusError).message;
  }
  return 'accepted';
}

describe('defineShell', () => {
  test('compiles a good definition into a description', () => {
    const shell = defineShell({
      name: 'arpa2probe',
      version: '0.1',
      intro: 'Two\nlines.',
      types: { port: { type: 'integer', min: 0, max: 65535 }, zone: 'string' },
      commands: [
        { ...command, spec: 'show <zone> <port>' },
        { ...command, spec: 'list | list all <zone>', types: { zone: { type: 'pattern', pattern: '[a-z]+' } } },
      ],
    });
    expect(shell.description.commands).toEqual([
      {
        spec: 'show <zone> <port>',
        summary: 'Show',
        effect: 'read',
        open: true,
        types: { port: { type: 'integer', min: 0, max: 65535 }, zone: 'string' },
      },
      {
        spec: 'list | list all <zone>',
        summary: 'Show',
        effect: 'read',
        open: true,
        types: { zone: { type: 'pattern', pattern: '[a-z]+' } },
      },
    ]);
  });

  test.each([
    ['an unknown key', { comands: [] }, 'did you mean "commands"?'],
    ['a name in capitals', { name: 'Probe' }, 'name must be'],
    ['a name with an underscore', { name: 'arpa2_x' }, 'name must be'],
    ['no version', { version: undefined }, 'version must be'],
    ['a version with a blank', { version: '0 1' }, 'version must be'],
    ['no intro', { intro: undefined }, 'intro must be'],
    ['an intro with an escape', { intro: '\u001b[31m' }, 'intro must be'],
    ['no commands', { commands: undefined }, 'commands is not an array'],
    ['a type of no variable', { types: { zoen: 'integer' } }, 'types has "zoen"'],
    ['a hook of no variable', { complete: { zoen: () => [] } }, 'complete has "zoen"'],
    ['a hook that is no function', { complete: { zone: ['a'] } }, 'complete.zone is not a function'],
  ])('refuses %s', (_what, change, message) => {
    expect(refusal(change)).toContain(message);
  });

  test.each([
    [
      'an unknown key of a command',
      { sumary: 'x' },
      'commands[0] has an unknown key "sumary", did you mean "summary"?',
    ],
    ['no run', { run: undefined }, 'commands[0].run is not a function'],
    ['no summary', { summary: '' }, 'commands[0].summary'],
    ['a summary of two lines', { summary: 'a\nb' }, 'commands[0].summary'],
    ['no effect', { effect: undefined }, 'commands[0].effect must be "read" or "change"'],
    ['a broken spec', { spec: 'show (' }, 'commands[0].spec is refused'],
    ['a spec that starts with a variable', { spec: '<zone> show' }, 'does not start with one literal word'],
    ['a spec with two first words', { spec: 'show <x> | list' }, 'does not start with one literal word'],
    ['a spec that may be empty', { spec: '[ show ]' }, 'does not start with one literal word'],
    ['a reserved variable', { spec: 'show <stdin_>' }, 'ends in "_"'],
    ['a type of no variable', { types: { zoen: 'integer' } }, 'commands[0].types has "zoen"'],
    ['help for no word', { help: { shwo: 'x' } }, '"shwo"'],
    ['help of two lines', { help: { show: 'a\nb' } }, 'commands[0].help["show"] must be one line'],
    ['help with an escape', { help: { show: '\u001b[31m' } }, 'commands[0].help["show"] must be one line'],
    ['session words that are none', { session: ['config'] }, 'commands[0].session has "config", no literal'],
    ['a session that is false', { session: false }, 'commands[0].session is not an array'],
    ['hooks said by hand', { live: ['zone'] }, 'commands[0] has an unknown key "live"'],
  ])('refuses %s', (_what, change, message) => {
    expect(refusal({}, [{ ...command, ...change }])).toContain(message);
  });

  test.each(['help', 'describe', 'version', 'date', 'ping', 'ping6', 'whoami', 'quit', 'exit'])(
    'refuses the word %s',
    (word) => {
      expect(refusal({}, [{ ...command, spec: `${word} <x>` }])).toContain(`every shell has a built-in "${word}"`);
    },
  );

  test('help, session words and hooks are described', () => {
    const help = { show: 'Show it', '<zone>': 'Which' };
    const definition = { ...command, help, session: ['show'] };
    const hooks = { zone: () => ['a.nep'] };
    const { description } = defineShell({
      name: 'probe',
      version: '0.1',
      intro: 'Probes.',
      complete: hooks,
      commands: [definition, { ...command, spec: 'list', session: true }],
    });
    expect(description.commands).toMatchObject([{ help, session: ['show'], live: ['zone'] }, { session: true }]);
    expect(description.commands[1]).not.toHaveProperty('live');
    expect(readDescription(JSON.parse(JSON.stringify(description)))).toEqual(description);
  });

  test('a changing command only looks with the literals it says so of', () => {
    const reading = { ...command, spec: 'zone ( add <x> | list )', effect: 'change' as const, reads: ['list'] };
    const { description } = defineShell({ name: 'probe', version: '0.1', intro: 'Probes.', commands: [reading] });
    const table = new CommandTable(description);
    expect(table.planLine(['zone', 'list'])).toMatchObject({ ok: true, effect: 'read' });
    expect(table.planLine(['zone', 'add', 'list'])).toMatchObject({ ok: true, effect: 'change' });
    expect(refusal({}, [{ ...reading, reads: ['lits'] }])).toContain('"lits", no literal of the spec');
    expect(refusal({}, [{ ...reading, effect: 'read' }])).toContain('is for commands whose effect is "change"');
  });

  test('refuses two specs with one first word', () => {
    expect(refusal({}, [command, { ...command, spec: 'show all' }])).toContain('two specs start with "show"');
  });
});

describe('the command table', () => {
  const host = inlineHost(defineShell({ name: 'probe', version: '0.1', intro: '', commands: [command] }));

  test('plans lines and JSON alike', () => {
    const expected = { index: 0, args: ['show', 'a.nep'], values: { zone: ['a.nep'] }, literals: ['show'] };
    for (const plan of [
      host.table.planLine(['show', 'a.nep']),
      host.table.planJson({ do_: 'show', zone: 'a.nep' }),
      host.table.planJson({ do_: ['show'], zone: ['a.nep'] }),
    ]) {
      expect(JSON.parse(JSON.stringify(plan))).toMatchObject({
        ok: true,
        command: expected,
        description: { effect: 'read' },
      });
    }
  });

  test('names an unknown command and a syntax error', () => {
    expect(host.table.planLine(['shows'])).toMatchObject({
      code: 'unknown-command',
      at: 0,
      message: 'probe has no command "shows", did you mean "show"?',
    });
    expect(host.table.planLine([])).toMatchObject({ code: 'unknown-command' });
    expect(host.table.planJson({ do_: '' })).toMatchObject({ code: 'unknown-command' });
    expect(host.table.planLine(['show'])).toMatchObject({ ok: false, code: 'syntax', at: 1 });
    expect(host.table.planJson({ do_: 'show', zone: 1 })).toMatchObject({ ok: false, code: 'syntax', invalid: 'zone' });
  });
});

function inOrder(...order: ('print' | 'json')[]): CommandDefinition<undefined>['run'] {
  return (call) => {
    for (const step of order) {
      if (step === 'print') call.print('x');
      else call.json({});
    }
  };
}

describe('a call', () => {
  async function outputOf(run: CommandDefinition<undefined>['run']) {
    const shell = defineShell({ name: 'probe', version: '0.1', intro: '', commands: [{ ...command, run }] });
    return await (await Probe.open(inlineHost(shell))).output('show a');
  }

  test('puts headers first and ends lines', async () => {
    const output = await outputOf((call) => {
      call.print('one');
      call.print('two\n');
      call.header('Cache-Update-Delay', '0');
    });
    expect(output).toEqual({ stdout: 'Cache-Update-Delay: 0\n\none\ntwo\n', stderr: '' });
  });

  test.each<[string, CommandDefinition<undefined>['run']]>([
    ['a header name with a blank', (call) => call.header('a b', 'c')],
    ['a header value of two lines', (call) => call.header('a', 'b\nc: d')],
    ['JSON beside text', inOrder('print', 'json')],
    ['text beside JSON', inOrder('json', 'print')],
    ['JSON twice', inOrder('json', 'json')],
    ['a reserved key', (call) => call.json({ stderr_: 'x' })],
    ['a value that was not given', (call) => void call.value('__proto__')],
  ])('treats %s as a defect of the shell', async (_what, run) => {
    expect((await outputOf(run)).code).toBe('internal');
  });

  test('counts the limit in bytes, headers included', async () => {
    const shell = defineShell({
      name: 'probe',
      version: '0.1',
      intro: '',
      commands: [
        {
          ...command,
          run: (call) => {
            call.header('a', 'b');
            call.print('ü'.repeat(Number(call.value('zone'))));
          },
        },
      ],
    });
    const probe = await Probe.open(inlineHost(shell));
    // "a: b", an empty line, two bytes a letter, a line break.
    expect((await probe.output('show 10', { maxOutputBytes: 27 })).code).toBeUndefined();
    expect((await probe.output('show 10', { maxOutputBytes: 26 })).code).toBe('too-large');
  });
});
