/** A setting that a service cannot start without is not there, or makes no sense. */
export class SettingError extends Error {
  override name = 'SettingError';
}

export type Settings = {
  /** The value of a required key; throws a SettingError that names it. */
  text(key: string): string;
  /** The same as a number. */
  number(key: string): number;
  /** The same as an absolute URL. */
  url(key: string): URL;
  /** Whether the key is set to `true`. */
  flag(key: string): boolean;
};

/** Reads settings from the environment, where the service's ConfigMap puts them. An empty value counts as none. */
export function settingsFrom(environment: Readonly<Record<string, string | undefined>>): Settings {
  const text = (key: string): string => {
    const value = environment[key];
    if (value === undefined || value === '')
      throw new SettingError(`missing required configuration key ${key}`);
    return value;
  };
  return {
    text,
    number(key) {
      const value = Number(text(key));
      if (!Number.isFinite(value))
        throw new SettingError(`configuration key ${key} is not a number: "${text(key)}"`);
      return value;
    },
    url(key) {
      if (!URL.canParse(text(key)))
        throw new SettingError(`configuration key ${key} is not a URL: "${text(key)}"`);
      return new URL(text(key));
    },
    flag: (key) => environment[key] === 'true',
  };
}
