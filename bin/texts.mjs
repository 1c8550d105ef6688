const dictionaries = {
  en: {
    installing: 'Installing packages (npm ci)',
    installed: '✓ Packages installed',
    notInstalled: '✗ Packages could not be installed',
    noLock: 'package-lock.json is missing here: this is not a whole copy of Understudy. Clone it again.',
    diskFull: 'The disk is full. Understudy needs about 1.5 GB for its packages: make room and start again.',
    noNetwork:
      'The npm registry cannot be reached. Check the network and proxy settings (npm config get registry), then start again.',
    noNpm:
      'There is no npm on this machine. Install Node 24 with npm from https://nodejs.org and start again.',
    notWritable:
      'This folder cannot be written to. Give yourself the right to, or clone into a folder of your own.',
    npmFailed: 'npm ci failed. What it said last:',
    interrupted: 'Stopped. The next start installs the packages from the beginning.',
    nodeTooOld: (version) =>
      `Understudy needs Node 22.19 or later, and this is ${version}. On Linux (glibc, x64 or arm64) it brings its own; here, install Node 24 from https://nodejs.org and start again.`,
    seconds: (seconds) => `${seconds} s`,
    left: (seconds) => `about ${seconds} s left`,
  },
  zh: {
    installing: '正在安装依赖包 (npm ci)',
    installed: '✓ 依赖包已安装',
    notInstalled: '✗ 依赖包安装失败',
    noLock: '缺少 package-lock.json：这不是完整的 Understudy。请重新克隆。',
    diskFull: '磁盘已满。Understudy 的依赖包约需 1.5 GB：请腾出空间后重新启动。',
    noNetwork: '无法访问 npm 仓库。请检查网络和代理设置（npm config get registry），然后重新启动。',
    noNpm: '本机没有 npm。请从 https://nodejs.org 安装 Node 24（自带 npm）后重新启动。',
    notWritable: '此目录不可写。请赋予自己写权限，或克隆到自己的目录中。',
    npmFailed: 'npm ci 失败，最后的输出：',
    interrupted: '已停止。下次启动会从头安装依赖包。',
    nodeTooOld: (version) =>
      `Understudy 需要 Node 22.19 或更高版本，当前为 ${version}。在 Linux（glibc，x64 或 arm64）上会自带 Node；在本机请从 https://nodejs.org 安装 Node 24 后重新启动。`,
    seconds: (seconds) => `${seconds} 秒`,
    left: (seconds) => `约剩 ${seconds} 秒`,
  },
};

const locale = process.env.LC_ALL || process.env.LC_MESSAGES || process.env.LANG || '';

/** What is said before the real program runs, in the language of the user's locale. */
export const texts = locale.startsWith('zh') ? dictionaries.zh : dictionaries.en;
