/** Names under which secrets are kept, and what may stand under such a name without being one. */

/** Ends of names, whatever stands before them: `PGPASSWORD`, `redisAuth`, `client-secret`. */
const words =
  'pass(?:word|wd|phrase|code)?|pwd|secret|token|credential|cookie|auth(?:orization)?|密码|口令|令牌|密钥';
/** What makes a key a secret one; a key alone may be anything: of a cache, of a partition, of a group. */
const keyed = [
  'api|app|access|account|admin|aes|auth|cipher|client|cookie|crypto|csrf|decrypt(?:ion)?|deploy|encrypt(?:ion)?|fernet|hmac',
  'integration|jwt|licen[cs]e|master|private|rsa|secret|security|session|shared|sign(?:ing|ature)?|ssh|storage|tls|ssl|webhook',
].join('|');
/** Short ones, which are the end of too many other words. */
const apart = '(?<![A-Za-z])(?:pat|psk|totp|otp)';
/** What may follow without making it something else: `passwordHash`, `SECRET_KEY_BASE`, `TOKEN_OLD`. */
const tail =
  '(?:[_.-]?(?:hash|base|value|text|plain|b64|base64|old|new|prev(?:ious)?|current|primary|secondary|\\d{1,2}))?';

const secretName = new RegExp(
  `(?:(?:${words})s?|(?:${keyed})[_.-]?keys?(?:[_.-]?id)?|${apart})${tail}$`,
  'i',
);

const otherNames: readonly RegExp[] = [
  // The shell's folder. Only so written: `pwd` is a password too.
  /^(?:OLD)?PWD$/,
  /(?:by|com|tres|sur|over|under|band|low|high|(?:first|second|single|proxy|fastcgi|uwsgi|grpc)[_.-]?)pass$/i,
  // Names of secrets, and sums of what is in them.
  /(?:existing|pull)[_-]?secrets?$|^checksum\//i,
  // How many, and where a list goes on.
  /(?:max|min|num|count|total|used|prompt|completion|input|output|new|remaining|next|page|continue)[_.-]?tokens?$/i,
];

/** True where the name says that its value is a secret: `DB_PASSWORD`, `apiKey`; not `secretName` or `tokenCount`. */
export function isSecretName(name: string): boolean {
  return secretName.test(name) && !otherNames.some((other) => other.test(name));
}

/** Names of settings as often as of secrets: `auth: oidc`, `cookie: {sameSite: lax}`. */
export function isOfSettingsToo(name: string): boolean {
  return /(?:auth(?:orization)?|cookies?)$/i.test(name);
}

const plainValues: readonly RegExp[] = [
  /^$/,
  /^(?:true|false|yes|no|on|off|null|nil|none|~|undefined|unset|enabled?|disabled?|required|optional|unknown)$/i,
  /^(?:<[a-z ]{1,20}>|\*{3,}|x{3,}|\[REDACTED\])$/i,
  // References to what is kept elsewhere: `$(NAME)`, `${NAME}`, a template's, a file's path.
  /^\$(?:\([\w.-]{1,128}\)|\{[\w.-]{1,128}\})$/,
  /^\{\{[^{}]{1,256}\}\}$/,
  /^\/(?:run|etc|var|mnt|opt|home|usr|srv|secrets?|vault|config|data|app|tmp)\/[\w./-]{1,256}$/,
  /^(?:bearer|basic|token|apikey|digest)\s{1,4}\[redacted:/i,
];
const waysToAuthenticate =
  /^(?:basic|digest|bearer|plain|login|cram-md5|scram-sha-\d+|oauth\d?|oidc|openid|saml\d?|ldap|kerberos|gssapi|jwt|m?tls|x509|iam|anonymous|internal|external|local|https?:\/\/.*)$/i;

/** True where what stands under the name of a secret is none: nothing, a switch, a reference to where the secret is. */
export function isNoSecret(name: string, value: string): boolean {
  if (plainValues.some((plain) => plain.test(value))) return true;
  if (isOfSettingsToo(name)) return waysToAuthenticate.test(value);
  return isCountOf(name) && /^\d{1,9}$/.test(value);
}

/** True for names under which a number counts things: `tokens: 512`, `pass: 12`. */
export function isCountOf(name: string): boolean {
  return /(?:[^s]s|^pass)$/i.test(name);
}
