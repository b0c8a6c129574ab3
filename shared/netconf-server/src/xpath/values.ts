import { type DataNode, stringValue } from './document.ts';

/** What an expression gives (XPath 1.0 §1). A node-set is in document order, each node once. */
export type XPathValue = string | number | boolean | readonly DataNode[];

/** XPath 1.0 §4.2, `string()`. */
export function toText(value: XPathValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return numberText(value);
  return value[0] === undefined ? '' : stringValue(value[0]);
}

/** "the number is represented in decimal form": never with an exponent. */
function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-Infinity' : 'Infinity';
  const text = String(value === 0 ? 0 : value);
  if (!text.includes('e')) return text;
  return Number.isInteger(value) ? BigInt(value).toString() : value.toFixed(100).replace(/0+$/, '');
}

/** XPath 1.0 §4.4, `number()`: no exponent, no plus sign. */
export function toNumber(value: XPathValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  const text = toText(value);
  return /^[ \t\r\n]*-?(?:\d+(?:\.\d*)?|\.\d+)[ \t\r\n]*$/.test(text) ? Number(text) : Number.NaN;
}

/** XPath 1.0 §4.3, `boolean()`. */
export function toBoolean(value: XPathValue): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0 && !Number.isNaN(value);
  return value.length > 0;
}

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';

/** XPath 1.0 §3.4. `spend` is told how many pairs are looked at. */
export function compare(
  operator: Comparison,
  left: XPathValue,
  right: XPathValue,
  spend: (steps: number) => void,
): boolean {
  const isSet = (value: XPathValue): value is readonly DataNode[] => typeof value === 'object';
  if (isSet(left) && isSet(right)) {
    spend(left.length + right.length);
    const texts = right.map(stringValue);
    if (operator === '=') {
      const there = new Set(texts);
      return left.some((node) => there.has(stringValue(node)));
    }
    spend(left.length * right.length);
    return left.some((node) => texts.some((text) => comparePlain(operator, stringValue(node), text)));
  }
  if (isSet(left) || isSet(right)) {
    const [nodes, other] = isSet(left) ? [left, right] : [right as readonly DataNode[], left];
    if (typeof other === 'boolean') {
      return isSet(left)
        ? comparePlain(operator, toBoolean(left), other)
        : comparePlain(operator, other, toBoolean(nodes));
    }
    spend(nodes.length);
    return nodes.some((node) => {
      const own = typeof other === 'number' ? toNumber(stringValue(node)) : stringValue(node);
      return isSet(left) ? comparePlain(operator, own, other) : comparePlain(operator, other, own);
    });
  }
  return comparePlain(operator, left, right);
}

function comparePlain(operator: Comparison, left: XPathValue, right: XPathValue): boolean {
  if (operator === '=' || operator === '!=') {
    const same =
      typeof left === 'boolean' || typeof right === 'boolean'
        ? toBoolean(left) === toBoolean(right)
        : typeof left === 'number' || typeof right === 'number'
          ? toNumber(left) === toNumber(right)
          : toText(left) === toText(right);
    return operator === '=' ? same : !same;
  }
  const [one, other] = [toNumber(left), toNumber(right)];
  if (operator === '<') return one < other;
  if (operator === '<=') return one <= other;
  return operator === '>' ? one > other : one >= other;
}
