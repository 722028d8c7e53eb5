import { escapeToOneLine } from './escape.js';

/** How a piece of text looks. */
export type Tone = 'plain' | 'strong' | 'faint' | 'good' | 'warning' | 'bad';

/** A piece of text in one tone. */
export interface TonedText {
  readonly text: string;
  readonly tone: Tone;
}

/** What is shown in front of the line. */
export interface Prompt {
  /** The prompt without colours; the last blank belongs to it. */
  readonly text: string;
  /** The same text in pieces, used where colours are shown. */
  readonly parts?: readonly TonedText[];
}

const SGR: Readonly<Record<Tone, string>> = {
  plain: '',
  strong: '\u001b[1m',
  faint: '\u001b[90m',
  good: '\u001b[32m',
  warning: '\u001b[33m',
  bad: '\u001b[31m',
};

/** The text with the escape sequences of its tone, or as it is without colour. It must be safe already. */
export function paint(text: string, tone: Tone, isColour: boolean): string {
  return isColour && tone !== 'plain' && text !== '' ? `${SGR[tone]}${text}\u001b[0m` : text;
}

/** The pieces to draw of a prompt. */
export function piecesOf(prompt: Prompt): readonly TonedText[] {
  const pieces = prompt.parts ?? [{ text: prompt.text, tone: 'plain' }];
  return pieces.map(({ text, tone }) => ({ text: escapeToOneLine(text), tone }));
}
