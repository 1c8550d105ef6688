import { alertCommands } from './commands/alert.ts';
import { analyzeCommands } from './commands/analyze.ts';
import { approvalsCommands } from './commands/approvals.ts';
import { approveCommand } from './commands/approve.ts';
import { bundleCommands } from './commands/bundle.ts';
import { configCommands } from './commands/config.ts';
import { diagnoseCommand } from './commands/diagnose.ts';
import { doctorCommand } from './commands/doctor.ts';
import { evalCommand } from './commands/eval.ts';
import { incidentCommands } from './commands/incident.ts';
import { patrolCommands } from './commands/patrol.ts';
import { rangeCommands } from './commands/range.ts';
import { rejectCommand } from './commands/reject.ts';
import { startCommand } from './commands/start.ts';
import { stopAllCommand } from './commands/stop-all.ts';
import { upCommand } from './commands/up.ts';
import { userCommands } from './commands/user.ts';
import { versionCommand } from './commands/version.ts';
import type { CommandDefinition } from './program.ts';

/** Every command there is, in the order in which the help lists them. */
export const commands: readonly CommandDefinition[] = [
  startCommand,
  upCommand,
  doctorCommand,
  diagnoseCommand,
  analyzeCommands,
  evalCommand,
  bundleCommands,
  alertCommands,
  incidentCommands,
  patrolCommands,
  approvalsCommands,
  approveCommand,
  rejectCommand,
  rangeCommands,
  userCommands,
  configCommands,
  stopAllCommand,
  versionCommand,
];
