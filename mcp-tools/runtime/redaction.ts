import { hideNamedSecrets } from './named-secrets.ts';

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
    pattern:
      /\b(authorization\\{0,7}["']?\s{0,4}[:=]\s{0,4}\\{0,7}["']?(?:bearer|basic|token|apikey)\s{1,4})[^\s"',;[\\]+/gi,
    replacement: '$1[redacted:authorization]',
  },
  {
    // Schemes with parts: `Digest username="x", response="y"`.
    kind: 'authorization',
    pattern:
      /\b(authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:digest|negotiate|ntlm|hawk|sharedkey|aws4-hmac-sha256)\s{1,4})(?!\[redacted:)[^\r\n]{1,4096}/gi,
    replacement: '$1[redacted:authorization]',
  },
  {
    kind: 'cookie',
    pattern:
      /\b((?:set-)?cookie\\{0,7}["']?\s{0,4}:\s{0,4}\[?\\{0,7}["']?)[\w!#$%&'*+.^`|~-]{1,256}=(?!\[redacted:)[^\r\n"'\\]{0,8192}/gi,
    replacement: '$1[redacted:cookie]',
  },
  {
    kind: 'bearer-token',
    pattern: /\b(bearer\s{1,4})[A-Za-z0-9._~+/-]{16,}={0,2}/gi,
    replacement: '$1[redacted:bearer-token]',
  },
  {
    kind: 'url-password',
    // Up to the last `@` before the path: some passwords hold one.
    pattern:
      /\b([a-z][a-z0-9+.-]{1,20}:\/\/(?!\[redacted:)[^\s/:@"'<>]{0,256}:)(?!\[redacted:)[^\s/"'<>]{1,512}@/gi,
    replacement: '$1[redacted:url-password]@',
  },
  {
    // A token in the place of the user.
    kind: 'url-password',
    pattern: /\b(https?:\/\/)[A-Za-z0-9._~%-]{16,256}@/gi,
    replacement: '$1[redacted:url-password]@',
  },
  {
    // `user:password@tcp(db:3306)/shop`, as Go's drivers write it.
    kind: 'url-password',
    pattern: /(?<![^\s"'=])([\w.-]{1,128}:)(?!\[redacted:)[^\s"'<>]{1,512}@(?=(?:tcp|unix)\()/gi,
    replacement: '$1[redacted:url-password]@',
  },
  {
    // Webhooks of chat systems: who knows the address may write.
    kind: 'webhook',
    pattern:
      /\b((?:hooks\.slack\.com\/(?:services|workflows|triggers)|discord(?:app)?\.com\/api\/webhooks|open\.(?:feishu\.cn|larksuite\.com)\/open-apis\/bot\/(?:v2\/)?hook|[\w-]{1,64}\.webhook\.office\.com\/webhookb2|outlook\.office(?:365)?\.com\/webhook|events\.pagerduty\.com\/integration|sct?(?:api)?\.ftqq\.com)\/)(?!\[redacted:)[\w@./-]{4,512}/gi,
    replacement: '$1[redacted:webhook]',
  },
  {
    kind: 'webhook',
    pattern: /\b(api\.telegram\.org\/(?:file\/)?bot)\d{1,20}:[\w-]{20,128}/gi,
    replacement: '$1[redacted:webhook]',
  },
  {
    // WeCom's and Google Chat's robots, signed addresses of cloud storage.
    kind: 'url-key',
    pattern:
      /([?&](?:key|sig|sign|signature|x-amz-signature|x-amz-security-token|x-goog-signature)=)(?!\[redacted:)[\w%+/=.~-]{16,2048}/gi,
    replacement: '$1[redacted:url-key]',
  },
  {
    // `curl -u user:password`; `-u 1000:1000` is a user and a group.
    kind: 'flag',
    pattern:
      /((?<!\S)(?:-[uU]|--(?:proxy-)?user)[ =]{0,2}["']?(?!\d{1,10}:\d{1,10}(?!\S))[^\s:"'/]{1,128}:)(?!\[redacted:|\/)[^\s"']{1,512}/g,
    replacement: '$1[redacted:flag]',
  },
  {
    kind: 'flag',
    pattern:
      /\b((?:mysql(?:dump|admin|import|show)?|mariadb(?:-dump|-admin)?)[ \t][^\n|;&]{0,256}?(?<=[ \t])-p|redis-cli[ \t][^\n|;&]{0,256}?(?<=[ \t])-a[ \t]{1,4}|sshpass[ \t]{1,4}-p[ \t]{0,4})(?!\[redacted:)["']?[^\s"'-][^\s"']{0,512}["']?/g,
    replacement: '$1[redacted:flag]',
  },
  {
    // Lines of redis.conf and .netrc.
    kind: 'field',
    pattern:
      /((?:^[ \t]{0,64}(?:requirepass|masterauth)|\blogin[ \t]{1,4}\S{1,128}\s{1,4}password)[ \t]{1,4})(?!\[redacted:)\S{1,1024}/gm,
    replacement: '$1[redacted:field]',
  },
  {
    kind: 'password-hash',
    pattern:
      /\$(?:apr1|2[abxy]|[156y]|argon2(?:id|i|d)|scram-sha-256|pbkdf2[\w-]{0,16})\$[\w./$=,+-]{16,512}/g,
  },
  { kind: 'understudy-key', pattern: /\bus_[0-9a-f]{16}_[\w-]{43}/g },
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
];

/** A text that holds none of these holds no secret that a rule knows: most texts are let through after this one look. */
const suspicious = new RegExp(
  [
    'pass|pwd|secret|token|credential|cookie|auth|key|密|令|\\b(?:pat|psk|t?otp)\\b|_(?:pat|psk|t?otp)',
    '-----BEGIN|eyJ|bearer|:\\/\\/|(?:^|\\s)-[apuU]|--(?:proxy-)?user|login|\\$\\w{1,10}\\$|@tcp\\(|@unix\\(',
    'A(?:KIA|SIA|GPA|IDA|ROA)|LTAI|AKID|AIza|gh[pousr]_|github_pat_|glpat-|xox[abposr]-|[sr]k_|sk-|npm_|us_',
  ].join('|'),
  'i',
);

/** The text with every secret that a rule knows replaced by its mark. */
export function redactText(text: string): string {
  if (!suspicious.test(text)) return text;
  const withoutKnownForms = rules.reduce(
    (redacted, rule) => redacted.replace(rule.pattern, rule.replacement ?? `[redacted:${rule.kind}]`),
    text,
  );
  return hideNamedSecrets(withoutKnownForms);
}
