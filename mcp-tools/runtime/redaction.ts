/**
 * Secrets never leave a tool server: every string of every answer, digest and error passes here. What was taken out is
 * marked `[redacted:kind]`, so that a reader knows that something stood there and what sort of thing it was.
 */

type RedactionRule = {
  /** Shown in the mark. */
  readonly kind: string;
  /** Global; every quantifier bounded or over one plain class, so that no text makes it slow. */
  readonly pattern: RegExp;
  /** What stands in the place of a match; `$1`, `$2` keep what is no secret. Default: the mark alone. */
  readonly replacement?: string;
};

/** Ends of names under which secrets are kept: `DB_PASSWORD`, `apiKey`, `client-secret`. */
const secretName =
  '(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|apikey|access[_-]?key(?:[_-]?(?:id|secret))?|secret[_-]?key|private[_-]?key|signing[_-]?key|encryption[_-]?key|credentials?|auth[_-]?code)';

/** Most specific first: a mark is never matched again. */
const rules: readonly RedactionRule[] = [
  {
    kind: 'private-key',
    pattern:
      /-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY-----[\s\S]*?(?:-----END (?:[A-Z]+ ){0,3}PRIVATE KEY-----|$)/g,
  },
  { kind: 'jwt', pattern: /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*/g },
  {
    kind: 'authorization',
    pattern: /\b(authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:bearer|basic|token|apikey)\s{1,4})[^\s"',;[]+/gi,
    replacement: '$1[redacted:authorization]',
  },
  {
    kind: 'bearer-token',
    pattern: /\b(bearer\s{1,4})[A-Za-z0-9._~+/-]{16,}={0,2}/gi,
    replacement: '$1[redacted:bearer-token]',
  },
  {
    kind: 'url-password',
    pattern: /\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'<>]{0,256}:)(?!\[redacted:)[^\s/@"'<>]{1,512}@/gi,
    replacement: '$1[redacted:url-password]@',
  },
  { kind: 'aws-key', pattern: /\b(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}\b/g },
  { kind: 'alibaba-key', pattern: /\bLTAI[A-Za-z0-9]{12,28}\b/g },
  { kind: 'tencent-key', pattern: /\bAKID[A-Za-z0-9]{13,40}\b/g },
  { kind: 'google-key', pattern: /\bAIza[A-Za-z0-9_-]{35}/g },
  {
    kind: 'azure-key',
    pattern: /\b(AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,}={0,2}/g,
    replacement: '$1=[redacted:azure-key]',
  },
  { kind: 'github-token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/g },
  { kind: 'gitlab-token', pattern: /\bglpat-[A-Za-z0-9_-]{20,}/g },
  { kind: 'slack-token', pattern: /\bxox[abposr]-[A-Za-z0-9-]{10,}/g },
  { kind: 'stripe-key', pattern: /\b[sr]k_(?:live|test)_[A-Za-z0-9]{10,}/g },
  { kind: 'model-key', pattern: /\bsk-[A-Za-z0-9_-]{20,}/g },
  { kind: 'npm-token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  {
    // `password=x`, `--token=x`, `?api_key=x&`; in a logfmt line, a query string, a connection string.
    kind: 'assignment',
    pattern: new RegExp(
      `([A-Za-z0-9_.-]{0,64}${secretName}["']?\\s{0,2}=\\s{0,2})("[^"]{1,2048}"|'[^']{1,2048}'|(?!\\[redacted:)[^\\s"'&;,]{1,2048})`,
      'gi',
    ),
    replacement: '$1[redacted:assignment]',
  },
  {
    // `"password": "x"`: JSON, also inside a string with escaped quotes.
    kind: 'field',
    pattern: new RegExp(
      `(\\\\?"[A-Za-z0-9_.-]{0,64}${secretName}\\\\?"\\s{0,4}:\\s{0,4}\\\\?")(?!\\[redacted:)(?:[^"\\\\]|\\\\(?!")[^"]){1,2048}`,
      'gi',
    ),
    replacement: '$1[redacted:field]',
  },
  {
    // `password: x` as a line of its own: YAML, a header. Elsewhere `token: x` is prose ("unexpected token: }").
    kind: 'field',
    pattern: new RegExp(
      `^(\\s{0,64}(?:-\\s{1,4})?[A-Za-z0-9_.-]{0,64}${secretName}\\s{0,2}:[ \\t]{1,4})(?!\\[redacted:|(?:true|false|null|\\d+)\\s*$)(?:"[^"\\n]{1,2048}"|'[^'\\n]{1,2048}'|[^\\s"'{}[|>&*][^\\n]{0,2048})$`,
      'gim',
    ),
    replacement: '$1[redacted:field]',
  },
];

/**
 * A text that holds none of these holds no secret that a rule knows: most texts are let through after this one look.
 */
const suspicious = new RegExp(
  `${secretName}|-----BEGIN|eyJ|bearer|authorization|:\\/\\/[^\\s/]*@|A(?:KIA|SIA|GPA|IDA|ROA)|LTAI|AKID|AIza|AccountKey|SharedAccessKey|gh[pousr]_|github_pat_|glpat-|xox[abposr]-|[sr]k_|sk-|npm_`,
  'i',
);

/** The text with every secret that a rule knows replaced by its mark. */
export function redactText(text: string): string {
  if (!suspicious.test(text)) return text;
  return rules.reduce(
    (redacted, rule) => redacted.replace(rule.pattern, rule.replacement ?? `[redacted:${rule.kind}]`),
    text,
  );
}

const secretKey = new RegExp(
  `(?:^|[^a-z])${secretName}$|[a-z](?:Password|Passwd|Secret|Token|ApiKey|AccessKey|SecretKey|PrivateKey|Credentials?)$`,
);
const secretKeyAnyCase = new RegExp(`(?:^|[_.-])${secretName}$`, 'i');

/** True where the name says that its value is a secret: `DB_PASSWORD`, `apiKey`; not `secretName` or `tokenCount`. */
export function isSecretName(name: string): boolean {
  return secretKey.test(name) || secretKeyAnyCase.test(name);
}

const namedMark = '[redacted:named-secret]';

function isMarked(text: string): boolean {
  return /^\[redacted:[a-z-]+\]$/.test(text);
}

/** `{name: "DB_PASSWORD", value: "…"}`, the way that environment variables and headers are written. */
function isNamedSecret(record: Readonly<Record<string, unknown>>): boolean {
  return typeof record.name === 'string' && typeof record.value === 'string' && isSecretName(record.name);
}

/**
 * A copy of a plain value in which every string is redacted: by what it looks like, and by the name under which it stands.
 * Values keep their types: only strings change, and keys never do.
 */
export function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map(redactValue);
  if (typeof value !== 'object' || value === null) return value;
  const record: Record<string, unknown> = { ...value };
  const namedSecret = isNamedSecret(record);
  for (const [key, field] of Object.entries(record)) {
    const hidden = isSecretName(key) || (namedSecret && key === 'value');
    record[key] =
      hidden && typeof field === 'string' && field !== '' && !isMarked(field)
        ? namedMark
        : redactValue(field);
  }
  return record;
}
