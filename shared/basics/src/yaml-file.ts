import { isNode, LineCounter, parseDocument } from 'yaml';
import { failed, ok, type Result } from './result.ts';

/** One thing wrong in a file a person wrote. */
export interface FileFault {
  /** `agent.yaml:12:3`, or the file's name alone where no line is to blame. */
  readonly where: string;
  /** The member's path, as `groups[0].id`; empty for the file as a whole. */
  readonly path: string;
  /** What was wrong and what was expected. */
  readonly message: string;
}

/** What a schema library offers (valibot, zod and others do; https://standardschema.dev, version 1). */
export interface Schema<T> {
  readonly '~standard': {
    readonly validate: (value: unknown) => Validation<T> | Promise<Validation<T>>;
  };
}
type Validation<T> =
  | { readonly value: T; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
      }[];
    };

/** Reads YAML 1.2 by a synchronous schema; every fault comes with its line. Duplicate keys and unknown tags are faults. */
export function readYaml<T>(text: string, file: string, schema: Schema<T>): Result<T, readonly FileFault[]> {
  const { document, at } = parseYaml(text, file);
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) return failed(broken.map(({ message, pos }) => ({ where: at(pos[0]), path: '', message })));

  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 50 });
  } catch (error) {
    // An alias without its anchor, or aliases of aliases that unfold without end.
    if (error instanceof ReferenceError) return failed([{ where: file, path: '', message: error.message }]);
    throw error;
  }
  const verdict = schema['~standard'].validate(value);
  if (verdict instanceof Promise) throw new Error('readYaml needs a synchronous schema');
  if (verdict.issues === undefined) return ok(verdict.value);
  return failed(
    verdict.issues.map(({ message, path = [] }) => {
      const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment));
      return { where: at(offsetOf(document, keys)), path: pathText(keys), message };
    }),
  );
}

/**
 * Says where the members of a file are that was read before: for a fault that is found later. A member that is not there is
 * placed at its nearest parent.
 */
export function placesInYaml(text: string, file: string): (keys: readonly PropertyKey[]) => Omit<FileFault, 'message'> {
  const { document, at } = parseYaml(text, file);
  return (keys) => ({ where: at(offsetOf(document, keys)), path: pathText(keys) });
}

function parseYaml(text: string, file: string) {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number | undefined) => {
    if (offset === undefined) return file;
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  return { document, at };
}

/** As a person reads it: `agent.yaml:12:3: groups[0].id: expected a number from 1 to 65535`. */
export function faultText({ where, path, message }: FileFault): string {
  return path === '' ? `${where}: ${message}` : `${where}: ${path}: ${message}`;
}

/** Where the member is, or the nearest parent that is there (a missing member has no place of its own). */
function offsetOf(document: ReturnType<typeof parseDocument>, keys: readonly PropertyKey[]): number | undefined {
  for (let length = keys.length; length >= 0; length--) {
    const node = document.getIn(keys.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

function pathText(keys: readonly PropertyKey[]): string {
  return keys
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? String(key) : `.${String(key)}`))
    .join('');
}
