import type { FoundProgram } from './program.ts';
import type { Language } from './progress.ts';

/** What this room says to people while they wait. Durations are given in milliseconds. */
type Texts = {
  duration: (ms: number) => string;
  about: (ms: number) => string;
  left: (ms: number) => string;
  anyMoment: string;
  longerThanUsual: string;
  compiling: (what: string) => string;
  waitingForAnotherProcess: (name: string) => string;
  waitingForAnotherBuild: string;
  updatingPackageLists: string;
  notFound: string;
  ready: Record<FoundProgram['how'], string>;
};

const texts: Record<Language, Texts> = {
  en: {
    duration: (ms) => inMinutesAndSeconds(ms, ' min', ' s', ' '),
    about: (ms) => `about ${inMinutesAndSeconds(roundedMs(ms), ' min', ' s', ' ')}`,
    left: (ms) => `about ${inMinutesAndSeconds(roundedMs(ms), ' min', ' s', ' ')} left`,
    anyMoment: 'any moment now',
    longerThanUsual: 'longer than usual',
    compiling: (what) => `compiling ${what}`,
    waitingForAnotherProcess: (name) => `${name}: another process is fetching it, waiting`,
    waitingForAnotherBuild: 'waiting for another build',
    updatingPackageLists: 'updating package lists',
    notFound: 'could not be fetched or built',
    ready: {
      given: 'given',
      path: 'found on PATH',
      cache: 'cached',
      download: 'downloaded',
      debian: 'unpacked from Debian packages',
      built: 'built',
    },
  },
  zh: {
    duration: (ms) => inMinutesAndSeconds(ms, ' 分', ' 秒', ' '),
    about: (ms) => `约 ${inMinutesAndSeconds(roundedMs(ms), ' 分', ' 秒', ' ')}`,
    left: (ms) => `约剩 ${inMinutesAndSeconds(roundedMs(ms), ' 分', ' 秒', ' ')}`,
    anyMoment: '即将完成',
    longerThanUsual: '比平时更久',
    compiling: (what) => `编译 ${what}`,
    waitingForAnotherProcess: (name) => `${name}：另一个进程正在获取，等待中`,
    waitingForAnotherBuild: '等待另一个构建',
    updatingPackageLists: '更新软件包列表',
    notFound: '无法获取或构建',
    ready: {
      given: '已指定',
      path: '已在 PATH 中找到',
      cache: '已有缓存',
      download: '已下载',
      debian: '已从 Debian 软件包解出',
      built: '已构建',
    },
  },
};

export function textsIn(language: Language): Texts {
  return texts[language];
}

/** An estimate to the second would claim too much: to ten seconds above a minute, to five below. */
function roundedMs(ms: number): number {
  const stepMs = ms > 60_000 ? 10_000 : 5_000;
  return Math.max(stepMs, Math.round(ms / stepMs) * stepMs);
}

function inMinutesAndSeconds(ms: number, minuteUnit: string, secondUnit: string, between: string): string {
  const seconds = Math.round(ms / 1000);
  if (seconds === 0) return `${(ms / 1000).toFixed(1)}${secondUnit}`;
  const minutes = Math.floor(seconds / 60);
  const rest = `${seconds % 60}${secondUnit}`;
  if (minutes === 0) return rest;
  return seconds % 60 === 0 ? `${minutes}${minuteUnit}` : `${minutes}${minuteUnit}${between}${rest}`;
}
