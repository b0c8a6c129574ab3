/** What the head of a YANG text says (RFC 7950 §7.1, §7.2): enough to know which other texts it needs. */
export interface YangHeader {
  readonly kind: 'module' | 'submodule';
  readonly name: string;
  /** Newest first as a rule, but as they stand in the text. */
  readonly revisions: readonly string[];
  readonly imports: readonly YangReference[];
  readonly includes: readonly YangReference[];
}

export interface YangReference {
  readonly name: string;
  /** `revision-date`. */
  readonly revision?: string;
}

/** `undefined` where the text is no YANG module. What follows the header is not judged. */
export function readYangHeader(text: string): YangHeader | undefined {
  const tokens = tokenize(text);
  const first = tokens.next().value;
  const name = tokens.next().value;
  if (first?.quoted !== false || (first.text !== 'module' && first.text !== 'submodule') || name === undefined) {
    return undefined;
  }
  const revisions: string[] = [];
  const references = { import: [] as YangReference[], include: [] as YangReference[] };
  let depth = 0;
  let statement: string[] = [];
  let open: { kind: 'import' | 'include'; name: string; revision?: string } | undefined;
  for (const { text: token, quoted } of tokens) {
    if (quoted || !'{};'.includes(token)) {
      statement.push(token);
      continue;
    }
    const [keyword = '', argument = ''] = statement;
    statement = [];
    if (token === '}') {
      depth--;
      if (depth === 1 && open !== undefined) {
        const { kind, ...reference } = open;
        references[kind].push(reference);
        open = undefined;
      }
      if (depth <= 0) break;
      continue;
    }
    if (depth === 1 && keyword === 'revision') revisions.push(argument);
    if (depth === 1 && (keyword === 'import' || keyword === 'include')) {
      if (token === '{') open = { kind: keyword, name: argument };
      else references[keyword].push({ name: argument });
    }
    if (depth === 2 && open !== undefined && keyword === 'revision-date') open.revision = argument;
    if (token === '{') depth++;
  }
  return { kind: first.text, name: name.text, revisions, imports: references.import, includes: references.include };
}

interface Token {
  readonly text: string;
  readonly quoted: boolean;
}

/** Strings that are joined with `+` stay apart: no argument that matters here is written so. */
function* tokenize(text: string): Generator<Token, undefined> {
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith('//') || token.startsWith('/*')) continue;
    const quoted = token.startsWith('"') || token.startsWith("'");
    yield { text: quoted ? token.slice(1, -1) : token, quoted };
  }
}

// RFC 7950 §6.1.1-6.1.3.
const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\[\s\S]|[^"\\])*"|'[^']*'|[{};]|(?:(?!\/\/|\/\*)[^\s{};"'])+/g;
