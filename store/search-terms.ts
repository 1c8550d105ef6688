const cjkRun = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+/gu;
const words = /[\p{L}\p{N}]+/gu;
/** Borders between the parts of `camelCase` and `HTTPServer`. */
const camelBorder = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
const longestTerm = 64;

/** Characters and neighbouring pairs: Chinese is written without spaces, and pairs find words that no dictionary knows. */
function cjkTerms(run: string): string[] {
  const characters = Array.from(run);
  return characters.flatMap((character, place) => {
    const next = characters[place + 1];
    return next === undefined ? [character] : [character, character + next];
  });
}

function wordTerms(word: string): string[] {
  const parts = word.split(camelBorder);
  return parts.length > 1 ? [word, ...parts] : [word];
}

/**
 * The terms under which a text is found: words in lower case, the parts of `camelCase`, and for Chinese and Japanese
 * single characters and pairs. Repeated terms stay repeated, for whoever counts them.
 */
export function searchTerms(text: string): string[] {
  const cjk = (text.match(cjkRun) ?? []).flatMap(cjkTerms);
  const other = (text.replaceAll(cjkRun, ' ').match(words) ?? []).flatMap(wordTerms);
  return [...cjk, ...other].map((term) => term.toLowerCase().slice(0, longestTerm));
}
