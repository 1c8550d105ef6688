import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnderstudyError } from '#domain/errors.ts';
import type { Made, Making, ProgramSource } from './program.ts';
import { findCommand, runCommand } from './system-command.ts';

type MavenSource = Extract<ProgramSource, { kind: 'maven' }>;

const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

const mavenAdvice = 'install Java 17 or newer and Maven (Debian: default-jre-headless, maven)';

/** The part of a `group:artifact:version` as a project's dependency. */
function dependency(artifact: string): string {
  const [groupId, artifactId, version] = artifact.split(':');
  return `<dependency><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${version}</version></dependency>`;
}

function project(artifacts: readonly string[]): string {
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>',
    '<groupId>understudy</groupId><artifactId>program</artifactId><version>1</version><packaging>pom</packaging>',
    `<dependencies>${artifacts.map(dependency).join('')}</dependencies></project>`,
  ].join('\n');
}

/** Starts Java with the main folder's libraries, wherever the whole folder was put. */
const launcher = [
  '#!/bin/sh',
  'here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)',
  'exec java -cp "$here/lib/*" "$@"',
  '',
].join('\n');

/** The first that Maven says went wrong; it says so in its log, not on its error output. */
async function firstError(log: string): Promise<string> {
  const lines = (await readFile(log, 'utf8').catch(() => '')).split('\n');
  const error = lines.find((line) => line.startsWith('[ERROR]')) ?? lines.findLast((line) => line !== '');
  return (error ?? 'Maven ended without a word').replace('[ERROR] ', '').slice(0, 500);
}

/** Copies Java libraries, and what they need to run, into folders. Throws `program-missing` without Maven or Java. */
export async function copyWithMaven(source: MavenSource, making: Making): Promise<Made> {
  const { folder, program, options } = making;
  const env = options.env ?? process.env;
  const [maven, java] = await Promise.all([findCommand('mvn', env), findCommand('java', env)]);
  if (maven === undefined || java === undefined) {
    const absent = maven === undefined ? 'mvn' : 'java';
    throw new UnderstudyError('program-missing', `there is no ${absent} here: ${mavenAdvice}`);
  }
  const scratch = await mkdtemp(join(tmpdir(), 'understudy-maven-'));
  const log = join(scratch, 'log');
  try {
    for (const [name, artifacts] of Object.entries(source.folders)) {
      making.task.detail(artifacts[0] ?? '');
      const pom = join(scratch, `${name.replaceAll('/', '-')}.xml`);
      await writeFile(pom, project(artifacts));
      const into = [`-DoutputDirectory=${join(folder, name)}`, '-DincludeScope=runtime'];
      await runCommand(
        maven,
        ['--quiet', '--batch-mode', '--log-file', log, '--file', pom, copyDependencies, ...into],
        options.signal === undefined ? {} : { signal: options.signal },
      );
    }
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw new UnderstudyError('program-missing', await firstError(log), { cause });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  await writeFile(join(folder, program.name), launcher, { mode: 0o755 });
  return { member: program.name };
}
