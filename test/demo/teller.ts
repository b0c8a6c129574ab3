import { table } from '@sublane/basics';

/** One thing that has to be so, and what was seen instead if it was not. */
export interface Check {
  readonly what: string;
  readonly holds: boolean;
  readonly seen?: string;
}

/** What the scenes tell their reader. */
export interface Teller {
  /** A sentence of explanation. */
  say(text: string): void;
  /** A command as a person would type it, and where. */
  command(where: string, line: string): void;
  /** What a program printed, as it is. */
  output(text: string): void;
  table(headings: readonly string[], rows: readonly (readonly (string | number | undefined)[])[]): void;
}

/** Tells on a terminal, or in plain lines. */
export class ScreenTeller implements Teller {
  readonly #write: (text: string) => void;
  readonly #colours: boolean;

  constructor(stream: NodeJS.WriteStream) {
    this.#write = (text) => void stream.write(`${text}\n`);
    this.#colours = stream.isTTY === true && process.env.NO_COLOR === undefined;
  }

  title(number: number, text: string): void {
    this.#write(`\n${this.#paint('1', `${number}  ${text}`)}`);
  }

  say(text: string): void {
    this.#write(wrap(text, 100).map(indent).join('\n'));
  }

  command(where: string, line: string): void {
    this.#write(indent(`${this.#paint('2', `${where} $`)} ${this.#paint('36', line)}`));
  }

  output(text: string): void {
    this.#write(text.trimEnd().split('\n').map(indent).map(indent).join('\n'));
  }

  table(headings: readonly string[], rows: readonly (readonly (string | number | undefined)[])[]): void {
    this.#write('');
    this.output(table(headings, rows));
    this.#write('');
  }

  check({ what, holds, seen }: Check): void {
    const mark = holds ? this.#paint('32', '✓') : this.#paint('31', '✗');
    this.#write(indent(`${mark} ${what}${holds || seen === undefined ? '' : `\n     seen instead: ${seen}`}`));
  }

  #paint(code: string, text: string): string {
    return this.#colours ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

export const silentTeller: Teller = { say: () => {}, command: () => {}, output: () => {}, table: () => {} };

const indent = (line: string) => `   ${line}`;

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
