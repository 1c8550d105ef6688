import { UnderstudyError } from '#domain/errors.ts';

/** A machine in the words that Go projects use in the names of their releases. */
export type Platform = { os: 'linux' | 'darwin'; arch: 'amd64' | 'arm64' };

/** The machine this runs on. Throws `not-supported` on anything but Linux and macOS on x64 and arm64. */
export function thisPlatform(): Platform {
  const os = process.platform;
  const arch = { x64: 'amd64' as const, arm64: 'arm64' as const, other: undefined }[
    process.arch === 'x64' || process.arch === 'arm64' ? process.arch : 'other'
  ];
  if ((os === 'linux' || os === 'darwin') && arch !== undefined) return { os, arch };
  throw new UnderstudyError(
    'not-supported',
    `Understudy runs on Linux and macOS, x64 and arm64; this is ${process.platform} ${process.arch}`,
  );
}
