/** What a peer wrote, as far as it is to be quoted back: it may have sent megabytes. */
export function excerpt(text: string, most = 500): string {
  if (text.length <= most) return text;
  // A pair of surrogates is not cut in two.
  return `${text.slice(0, /[\ud800-\udbff]/.test(text[most - 1]!) ? most - 1 : most)}…`;
}
