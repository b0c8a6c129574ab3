/** A value that its schema does not permit reached an encoder: our own bug, hence thrown. */
export class EncodingFault extends Error {
  /** The place in the message: `module:rpc input/leaf`. */
  readonly where: string;
  /** What is wrong with the value there. */
  readonly what: string;

  constructor(where: string, what: string) {
    super(`cannot encode ${where}: ${what}`);
    this.where = where;
    this.what = what;
    this.name = 'EncodingFault';
  }
}

/** A value as a person may read it in a message: its kind, and no more of it than helps. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
