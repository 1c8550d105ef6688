/** Colours of a terminal with a dark ground, by SGR code. */
const colours: Readonly<Record<number, string>> = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#f2cc60',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#56d4dd',
  90: '#8b949e',
};

type Look = { readonly bold: boolean; readonly dim: boolean; readonly colour?: string };
const plain: Look = { bold: false, dim: false };

function after(look: Look, code: number): Look {
  if (code === 0) return plain;
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, dim: true };
  if (code === 22) return { ...look, bold: false, dim: false };
  if (code === 39) return { bold: look.bold, dim: look.dim };
  const colour = colours[code];
  return colour === undefined ? look : { ...look, colour };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function span(text: string, { bold, dim, colour }: Look): string {
  if (text === '') return '';
  const style = [
    ...(bold ? ['font-weight:700'] : []),
    ...(dim ? ['opacity:.6'] : []),
    ...(colour === undefined ? [] : [`color:${colour}`]),
  ];
  return style.length === 0 ? escaped(text) : `<span style="${style.join(';')}">${escaped(text)}</span>`;
}

/** What a terminal was sent, as HTML: colours stay, movements of the cursor go. */
export function htmlOfAnsi(text: string): string {
  let look = plain;
  const [first = '', ...rest] = text.replaceAll('\r', '').split('\u001b[');
  let html = escaped(first);
  for (const part of rest) {
    const [sequence = '', codes = '', kind = ''] = /^([0-9;?]*)([A-Za-z])/.exec(part) ?? [];
    // Those that end in m set the look of what follows.
    if (kind === 'm') look = (codes || '0').split(';').map(Number).reduce(after, look);
    html += span(part.slice(sequence.length), look);
  }
  return html;
}
