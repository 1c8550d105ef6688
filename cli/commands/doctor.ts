import { access, constants } from 'node:fs/promises';
import { request } from 'undici';
import type { Configuration } from '#domain/configuration.ts';
import { errorCodeOf, messageOf } from '#domain/errors.ts';
import { checkMachine, checkProgram, type DoctorCheck, type DoctorOptions } from '#machine/doctor-checks.ts';
import { readRuntime, stateFolderPath } from '#machine/state-folder.ts';
import type { RangeLevel } from '#range/cluster/level.ts';
import { readConfiguration } from '../configuration/options.ts';
import { type CliContext, outputStyle, printData } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { runtimeSchema } from '../instance.ts';
import type { CommandDefinition } from '../program.ts';
import { type CheckGroup, renderChecks } from '../views/checks-view.ts';

export const doctorCommand: CommandDefinition = (program, cli) => {
  const { words } = cli;
  cli
    .command(program, 'doctor', {
      summary: words.command.doctor,
      examples: ['doctor', 'doctor -o json | jq \'.[] | select(.state == "missing")\''],
    })
    .action(() => cli.run(doctor));
};

/** How long a server that is well may take to say so. */
const readyMs = 3_000;

async function doctor(context: CliContext): Promise<ExitCode> {
  const { words } = context;
  const stateFolder = stateFolderPath({ env: context.environment, workingFolder: context.cwd });
  const configured = await checkConfiguration(context);
  const port = configured.configuration?.server.port ?? 7788;
  const options: DoctorOptions = {
    language: context.language,
    stateFolder,
    ports: [port, port + 1, port + 2],
    env: context.environment,
  };
  const range = await checkRange(context, stateFolder);
  const groups: CheckGroup[] = [
    { title: words.doctor.machine, checks: await checkMachine(options) },
    { title: words.doctor.programs, checks: await checkPrograms(options, range.level) },
    { title: words.doctor.range, checks: range.checks },
    { title: words.doctor.configuration, checks: configured.checks },
    { title: words.doctor.systems, checks: await checkOwnSystems(context, configured) },
    { title: words.doctor.running, checks: [await checkRunning(context, stateFolder)] },
  ];
  const data = groups.flatMap(({ title, checks }) => checks.map((check) => ({ group: title, ...check })));
  const told = groups.filter(({ checks }) => checks.length > 0);
  printData(context, data, () => renderChecks(told, outputStyle(context)));
  return data.some((check) => check.state === 'missing') ? exitCodes.failure : exitCodes.ok;
}

/** Those that an instance with the range of this level runs. */
async function checkPrograms(options: DoctorOptions, level: RangeLevel | undefined): Promise<DoctorCheck[]> {
  const { temporalProgram } = await import('#temporal-dev/temporal-program.ts');
  const { apiLevelPrograms, rangePrograms } = await import('#range/programs.ts');
  const programs = [temporalProgram, ...Object.values(level === 'api' ? apiLevelPrograms : rangePrograms)];
  return Promise.all(programs.map((program) => checkProgram(program, options)));
}

type RangeChecked = { readonly level: RangeLevel | undefined; readonly checks: readonly DoctorCheck[] };

async function checkRange({ language }: CliContext, stateFolder: string): Promise<RangeChecked> {
  const { diagnoseCluster } = await import('#range/cluster/doctor.ts');
  const { checks, level, text: possible } = await diagnoseCluster({ stateFolder, language });
  // Where a simpler range is possible, what a full one lacks keeps nobody from practising.
  const lacking = level === undefined ? 'missing' : 'warning';
  const told = checks.map(
    ({ name, ok, text, detail, fix }): DoctorCheck => ({
      name,
      state: ok ? 'ok' : lacking,
      text: detail === undefined ? text : `${text} (${detail})`,
      ...(fix === undefined ? {} : { mend: fix }),
    }),
  );
  const best: DoctorCheck = {
    name: level ?? '–',
    state: level === undefined ? 'missing' : 'ok',
    text: possible,
  };
  return { level, checks: [best, ...told] };
}

type Configured = { readonly checks: readonly DoctorCheck[]; readonly configuration?: Configuration };

async function checkConfiguration(context: CliContext): Promise<Configured> {
  const { words } = context;
  const name = 'understudy.yaml';
  try {
    const { configuration, file } = await readConfiguration(context, {});
    const text = file === undefined ? words.config.noFile : words.config.file(file);
    return {
      checks: [{ name, state: 'ok', text }, ...(await checkFiles(configuration, context))],
      configuration,
    };
  } catch (error) {
    if (errorCodeOf(error) !== 'configuration') throw error;
    return {
      checks: [{ name, state: 'missing', text: messageOf(error), mend: words.doctor.mendConfiguration }],
    };
  }
}

/** Files that the configuration names; one that is there says nothing. */
async function checkFiles(configuration: Configuration, { words }: CliContext): Promise<DoctorCheck[]> {
  const { policyFile, clusters } = configuration;
  const named = [
    ...(policyFile === undefined ? [] : [['policyFile', policyFile] as const]),
    ...clusters.flatMap(({ kubeconfig, actorKubeconfig }, index) => [
      [`clusters[${index}].kubeconfig`, kubeconfig] as const,
      ...(actorKubeconfig === undefined
        ? []
        : [[`clusters[${index}].actorKubeconfig`, actorKubeconfig] as const]),
    ]),
  ];
  const checked = await Promise.all(
    named.map(async ([name, path]): Promise<DoctorCheck | undefined> => {
      const problem = await access(path, constants.R_OK).then(() => undefined, messageOf);
      if (problem === undefined) return undefined;
      return { name, state: 'missing', text: problem, mend: words.doctor.mendFile(path) };
    }),
  );
  return checked.filter((check) => check !== undefined);
}

/** Tries what is configured: whether it answers, lets us in, and lets us do what we need. */
async function checkOwnSystems(
  { words }: CliContext,
  { configuration }: Configured,
): Promise<readonly DoctorCheck[]> {
  if (configuration === undefined) return [];
  const { checkSystems } = await import('../up/check-systems.ts');
  return checkSystems(configuration, words);
}

/** Whether what says that it runs here answers too. */
async function checkRunning({ words }: CliContext, stateFolder: string): Promise<DoctorCheck> {
  const name = 'Understudy';
  const runtime = await readRuntime(stateFolder, runtimeSchema);
  if (runtime === undefined) return { name, state: 'ok', text: words.doctor.notRunning(stateFolder) };
  const { serverUrl } = runtime;
  const answers = await request(`${serverUrl}/readyz`, {
    headersTimeout: readyMs,
    bodyTimeout: readyMs,
  }).then(
    async ({ statusCode, body }) => {
      await body.dump();
      return statusCode === 200;
    },
    () => false,
  );
  return answers
    ? { name, state: 'ok', text: words.doctor.runs(serverUrl) }
    : { name, state: 'warning', text: words.doctor.stale(serverUrl), mend: words.doctor.mendStale };
}
