/** One module that a source file names in an import or an export. */
export interface ImportStatement {
  readonly specifier: string;
  /** `import type` or `export type`: gone when the program runs. */
  readonly typeOnly: boolean;
  readonly line: number;
}

type Token =
  | { readonly kind: 'word' | 'mark'; readonly text: string; readonly line: number }
  | { readonly kind: 'string'; readonly text: string; readonly line: number };

/**
 * The modules that a TypeScript or JavaScript source imports, statically and with `import('…')`. Comments, strings,
 * template literals and regular expressions are passed over; the source is not checked otherwise.
 */
export function scanImports(source: string): ImportStatement[] {
  const tokens = tokenize(source);
  const found: ImportStatement[] = [];
  for (const [i, token] of tokens.entries()) {
    if (token.kind !== 'word' || (token.text !== 'import' && token.text !== 'export')) continue;
    if (tokens[i - 1]?.text === '.') continue;
    const specifier = tokens[i + 1]?.text === '(' ? tokens[i + 2] : specifierOf(tokens, i);
    if (specifier?.kind !== 'string') continue;
    found.push({ specifier: specifier.text, typeOnly: tokens[i + 1]?.text === 'type', line: specifier.line });
  }
  return found;
}

/** The string after `from`, or right after `import`; undefined for a declaration (`export const …`). */
function specifierOf(tokens: readonly Token[], start: number): Token | undefined {
  if (tokens[start]?.text === 'import' && tokens[start + 1]?.kind === 'string') return tokens[start + 1];
  let braces = 0;
  for (let i = start + 1; i < tokens.length; i++) {
    const { kind, text } = tokens[i]!;
    if (kind === 'word' && text === 'from' && tokens[i + 1]?.kind === 'string') return tokens[i + 1];
    if (text === '{') braces++;
    else if (text === '}') braces--;
    else if (kind === 'mark' && text !== ',' && text !== '*') return undefined;
    else if (kind === 'word' && braces === 0 && DECLARATIONS.has(text)) return undefined;
  }
  return undefined;
}

const DECLARATIONS = new Set('const let var function class interface abstract async default declare'.split(' '));

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  // For each open template literal, how deep the braces of its `${…}` are.
  const templates: number[] = [];
  let line = 1;
  let at = 0;

  const skipTo = (end: number) => {
    line += source.slice(at, end).split('\n').length - 1;
    at = end;
  };
  const endOf = (pattern: RegExp, from: number): number => {
    pattern.lastIndex = from;
    return pattern.test(source) ? pattern.lastIndex : source.length;
  };
  /** From inside a template literal to its end, or to the next `${`. */
  const skipTemplate = () => {
    const end = endOf(TEMPLATE_PART, at);
    skipTo(end);
    if (source[end - 1] === '{') templates.push(0);
  };

  while (at < source.length) {
    const char = source[at]!;
    const two = source.slice(at, at + 2);
    if (two === '//') skipTo(endOf(/$/gm, at));
    else if (two === '/*') skipTo(endOf(/\*\//g, at + 2));
    else if (char === "'" || char === '"') {
      const end = endOf(char === "'" ? /(?:\\.|[^\\'])*'/gy : /(?:\\.|[^\\"])*"/gy, at + 1);
      tokens.push({ kind: 'string', text: source.slice(at + 1, end - 1), line });
      skipTo(end);
    } else if (char === '`') {
      at++;
      skipTemplate();
      tokens.push({ kind: 'mark', text: '`', line });
    } else if (char === '}' && templates.at(-1) === 0) {
      templates.pop();
      at++;
      skipTemplate();
    } else if (char === '/' && startsRegularExpression(tokens.at(-1))) {
      skipTo(endOf(/\/(?:\\.|\[(?:\\.|[^\\\]\n])*\]|[^\\/[\n])+\/[a-z]*/gy, at));
      tokens.push({ kind: 'mark', text: '/re/', line });
    } else if (/[\p{ID_Start}$_#]/u.test(char)) {
      const end = endOf(/[\p{ID_Continue}$#]+/guy, at);
      tokens.push({ kind: 'word', text: source.slice(at, end), line });
      skipTo(end);
    } else {
      if (templates.length > 0 && char === '{') templates[templates.length - 1]! += 1;
      if (templates.length > 0 && char === '}') templates[templates.length - 1]! -= 1;
      if (!/\s/.test(char)) tokens.push({ kind: 'mark', text: char, line });
      skipTo(at + 1);
    }
  }
  return tokens;
}

const TEMPLATE_PART = /(?:\\[\s\S]|\$(?!\{)|[^\\`$])*(?:`|\$\{)/gy;

/** A slash divides after a value and opens a regular expression elsewhere. */
function startsRegularExpression(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === 'string') return false;
  if (before.kind === 'word') return /^(?:return|typeof|case|in|of|await|yield|void|throw|new)$/.test(before.text);
  return !/^(?:\)|\]|\}|`|\/re\/|\d)$/.test(before.text);
}
