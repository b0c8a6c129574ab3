/** An element of a text, with its line. Prefixes are dropped: what an error's path calls them is the server's to choose. */
interface Place {
  readonly name: string;
  readonly line: number;
  readonly children: Place[];
  text: string;
}

/**
 * The line of the element that an error of the server is about: by its error-path, as far as this leads in the text, or
 * by the name of the element to blame. From 1; `undefined` where the text has none such.
 */
export function lineOf(xml: string, path: string | undefined, badElement: string | undefined): number | undefined {
  const top = readPlaces(xml);
  const steps = path === undefined ? [] : readSteps(path);
  // Paths begin at the datastore or at the rpc: the first step that is a top element of the text counts.
  const start = steps.findIndex(({ name }) => top.children.some((child) => child.name === name));
  let here: Place | undefined;
  for (const step of start < 0 ? [] : steps.slice(start)) {
    const next = (here ?? top).children.filter((child) => child.name === step.name);
    const found = next.find((child) => step.keys.every(([key, value]) => hasKey(child, key, value)));
    if (found === undefined) break;
    here = found;
  }
  if (badElement !== undefined)
    return (find(here ?? top, local(badElement)) ?? here ?? find(top, local(badElement)))?.line;
  return here?.line;
}

function hasKey(place: Place, key: string, value: string): boolean {
  return place.children.some(({ name, text }) => name === key && text.trim() === value);
}

function find(place: Place, name: string): Place | undefined {
  for (const child of place.children) {
    const found = child.name === name ? child : find(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Step {
  readonly name: string;
  readonly keys: readonly (readonly [name: string, value: string])[];
}

function readSteps(path: string): Step[] {
  const steps = path.match(/\/(?:[^/[]+)(?:\[(?:"[^"]*"|'[^']*'|[^\]"'])*\])*/g) ?? [];
  return steps.map((step) => ({
    name: local(/^\/([^[]+)/.exec(step)?.[1] ?? ''),
    keys: [...step.matchAll(/\[\s*([^\s=\]]+)\s*=\s*(?:"([^"]*)"|'([^']*)')\s*\]/g)].map(
      ([, key = '', double, single]) => [local(key), double ?? single ?? ''] as const,
    ),
  }));
}

const local = (name: string) => name.trim().replace(/^.*:/, '');

/** Forgiving: whoever sends the text has read it properly. */
function readPlaces(xml: string): Place {
  const top: Place = { name: '', line: 0, children: [], text: '' };
  const open = [top];
  let line = 1;
  for (const [token] of xml.matchAll(TOKEN)) {
    const parent = open.at(-1)!;
    const name = /^<([^\s/>!?]+)/.exec(token)?.[1];
    if (token.startsWith('</')) {
      if (open.length > 1) open.pop();
    } else if (name !== undefined) {
      const place: Place = { name: local(name), line, children: [], text: '' };
      parent.children.push(place);
      if (!token.endsWith('/>')) open.push(place);
    } else if (!token.startsWith('<')) parent.text += token;
    line += token.split('\n').length - 1;
  }
  return top;
}

const TOKEN = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<(?:"[^"]*"|'[^']*'|[^"'>])*>|[^<]+/g;
