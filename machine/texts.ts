import type { FoundProgram } from './program.ts';
import type { Language } from './progress.ts';

/** What this room says to people while they wait. */
type Texts = {
  waitingForAnotherProcess: (name: string) => string;
  waitingForAnotherBuild: string;
  updatingPackageLists: string;
  ready: Record<FoundProgram['how'], string>;
};

const texts: Record<Language, Texts> = {
  en: {
    waitingForAnotherProcess: (name) => `${name}: another process is fetching it, waiting`,
    waitingForAnotherBuild: 'waiting for another build',
    updatingPackageLists: 'updating package lists',
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
    waitingForAnotherProcess: (name) => `${name}：另一个进程正在获取，等待中`,
    waitingForAnotherBuild: '等待另一个构建',
    updatingPackageLists: '更新软件包列表',
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
