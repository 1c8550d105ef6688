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
  const fill = colour === undefined ? '' : ` fill="${colour}"`;
  const look = `${fill}${bold ? ' font-weight="700"' : ''}${dim ? ' opacity=".6"' : ''}`;
  return look === '' ? escaped(text) : `<tspan${look}>${escaped(text)}</tspan>`;
}

/** The lines of what a terminal was sent, as the content of SVG texts: colours stay, movements of the cursor go. */
export function svgLinesOfAnsi(text: string): string[] {
  let look = plain;
  const lines = [''];
  const write = (part: string): void => {
    for (const [index, line] of part.split('\n').entries()) {
      if (index > 0) lines.push('');
      lines[lines.length - 1] += span(line, look);
    }
  };
  const [first = '', ...rest] = text.replaceAll('\r', '').split('\u001b[');
  write(first);
  for (const part of rest) {
    const [sequence = '', codes = '', kind = ''] = /^([0-9;?]*)([A-Za-z])/.exec(part) ?? [];
    // Those that end in m set the look of what follows.
    if (kind === 'm') look = (codes || '0').split(';').map(Number).reduce(after, look);
    write(part.slice(sequence.length));
  }
  return lines;
}

const sizes = { columnPx: 7.85, linePx: 18, marginPx: 16, columns: 104 };

/** A picture of a terminal: text, so that it is small and sharp. */
export function svgOfAnsi(text: string): string {
  const { columnPx, linePx, marginPx, columns } = sizes;
  const lines = svgLinesOfAnsi(text);
  const width = Math.ceil(columns * columnPx + 2 * marginPx);
  const height = lines.length * linePx + 2 * marginPx;
  const texts = lines.map((line, index) => {
    const y = marginPx + (index + 0.8) * linePx;
    return line === '' ? '' : `<text x="${marginPx}" y="${y}" xml:space="preserve">${line}</text>\n`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"
  font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13" fill="#e6edf3">
<title>A practice incident in the terminal, from the alert to the case</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${texts.join('')}</svg>
`;
}
