/** One line that was typed or read, with where it came from for messages, such as `FILE:3`. */
export interface Line {
  readonly text: string;
  readonly origin: string | null;
}
