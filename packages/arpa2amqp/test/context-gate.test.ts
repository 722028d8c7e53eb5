import { describe, expect, test } from '@jest/globals';
import { ContextGate } from '../src/context-gate.js';

const renewed: string[] = [];

const isOpen = (gate: ContextGate): boolean => gate.held === null;

describe('the gate in front of a channel', () => {
  test('lets everything through as long as one daemon serves the queue', () => {
    const gate = new ContextGate((contextId) => renewed.push(contextId));
    gate.noteSent('a');
    expect(isOpen(gate)).toBe(true);
    gate.noteProven('a', null);
    // The daemon was restarted: that says nothing about several of them.
    gate.noteUnknown('a');
    gate.noteSent('b');
    expect(isOpen(gate)).toBe(true);
  });

  test('holds back what follows the first message of a context once such a message was lost on another daemon', () => {
    const gate = new ContextGate((contextId) => renewed.push(contextId));
    gate.noteSent('a');
    gate.noteUnknown('a');
    expect(isOpen(gate)).toBe(true);
    gate.noteSent('b');
    expect(isOpen(gate)).toBe(false);
    gate.noteProven('b', 'private');
    expect(isOpen(gate)).toBe(true);
    expect(gate.privateAddressOf('b')).toBe('private');
  });

  test.each([
    ['the context is unknown again', (gate: ContextGate) => gate.noteUnknown('b')],
    ['the context is given up', (gate: ContextGate) => gate.abandon('b')],
  ])('opens when %s', (_what, event) => {
    const gate = new ContextGate((contextId) => renewed.push(contextId));
    gate.noteSent('a');
    gate.noteUnknown('a');
    gate.noteSent('b');
    event(gate);
    expect(isOpen(gate)).toBe(true);
    expect(gate.isSent('b')).toBe(false);
    expect(renewed.at(-1)).toBe('b');
  });

  test('opens after a while when the host keeps silent', async () => {
    const gate = new ContextGate((contextId) => renewed.push(contextId));
    gate.noteSent('a');
    gate.noteUnknown('a');
    gate.noteSent('b');
    await gate.held;
    expect(isOpen(gate)).toBe(true);
    expect(gate.isProven('b')).toBe(false);
  });

  test('keeps a private address for its own context only', () => {
    const gate = new ContextGate((contextId) => renewed.push(contextId));
    gate.noteSent('a');
    gate.noteSent('b');
    gate.noteProven('a', 'private of a');
    expect(gate.privateAddressOf('a')).toBeNull();
    gate.noteProven('b', 'private of b');
    expect(gate.privateAddressOf('b')).toBe('private of b');
    gate.abandon('b');
    expect(gate.privateAddressOf('b')).toBeNull();
  });
});
