/**
 * A copy that stands for itself. A part of a text otherwise keeps all of the text alive: of a log that is read in pieces, a
 * kept line would keep its piece.
 */
export function ownCopy(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
