/** Finds Services that a setting names. */

export type NamedService = { readonly namespace: string; readonly name: string };

export type Setting = {
  /** The variable's or key's name: a bare word is an address only where its name says so. */
  readonly key: string;
  readonly value: string;
  /** Namespace of the one who uses it: names without a namespace are of there. */
  readonly namespace: string;
};

const saysAddress =
  /(^|[_.-])(addr|address|host|hosts|hostname|url|uri|endpoint|server|servers|service|svc|upstream|backend|target|broker|brokers|bootstrap|dsn|connection|master|peers?)($|[_.-])/i;

const host = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
/** Host names in a text, with what comes before and after them that makes them addresses. */
const hostPattern = new RegExp(
  `(?:(://|@)|(?<![a-z0-9._/-]))(${host}(?:\\.${host})*)(:\\d{1,5})?(?![a-z0-9_-])`,
  'gi',
);

/** Most of a text that is searched; configuration files that are longer are mostly something else. */
const mostSearched = 64 * 1024;

function serviceAt(
  address: string,
  own: string,
  services: readonly NamedService[],
): NamedService | undefined {
  const [name, second, third] = address.toLowerCase().split('.');
  // `payment`, `payment.shop`, `payment.shop.svc…`: any longer name is somebody else's.
  if (third !== undefined && third !== 'svc') return undefined;
  const namespace = second ?? own;
  return services.find((service) => service.name === name && service.namespace === namespace);
}

/** Every Service that the setting names as an address, each once, in the order of the text. */
export function servicesNamedIn(setting: Setting, services: readonly NamedService[]): NamedService[] {
  const found = new Set<NamedService>();
  const isWord = /^[a-z0-9.,:; -]+$/i.test(setting.value) && saysAddress.test(setting.key);
  for (const [, before, address = '', port] of setting.value.slice(0, mostSearched).matchAll(hostPattern)) {
    const isAddress = isWord || before !== undefined || port !== undefined || address.includes('.svc');
    const service = isAddress ? serviceAt(address, setting.namespace, services) : undefined;
    if (service !== undefined) found.add(service);
  }
  return [...found];
}
