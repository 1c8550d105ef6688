import type { Gate } from '#domain/gate.ts';

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

type WrongValue = {
  readonly path: string;
  readonly problem: string;
  readonly where: string;
  readonly value?: string;
  readonly example?: string;
};

/** How a step's states are told; one that is not here is told by something else. */
const stepChanged: Readonly<Record<string, (step: string, detail: string) => string>> = {
  acting: (step: string) => `taking it: ${step}`,
  verifying: (_step: string, detail: string) =>
    `done${detail === '' ? '' : `: ${detail}`}; looking whether it helps`,
  verified: (_step: string, detail: string) => `verified${detail === '' ? '' : `: ${detail}`}`,
  undone: (step: string) => `taken back: ${step}`,
  failed: (step: string, detail: string) => `did not help: ${step}${detail === '' ? '' : `: ${detail}`}`,
  refused: (step: string, detail: string) => `not taken: ${step}${detail === '' ? '' : `: ${detail}`}`,
};

const stepOutcome: Readonly<Record<string, string>> = {
  verified: 'verified',
  undone: 'taken back',
  failed: 'failed',
  rejected: 'rejected',
  expired: 'nobody decided in time',
  withdrawn: 'withdrawn',
  refused: 'not taken',
};

const riskMeans: Readonly<Record<Gate['riskClass'], string>> = {
  observe: 'it only reads',
  adjust: 'reversible and local',
  disrupt: 'users may notice',
  destroy: 'wide, or cannot be undone',
};

/** Why a decision does not count, by the server's words. */
const verdictMeans: Readonly<Record<string, string>> = {
  malformed: 'it has not the form of a decision',
  'other-gate': 'it names another gate',
  'too-early': 'the gate was not open yet',
  'too-late': 'the gate was closed already',
  'wrong-hash': 'what is asked has changed since',
  'token-invalid': 'its proof is not valid',
  'token-expired': 'its proof has expired',
  'token-revoked': 'its proof was revoked',
  'token-altered': 'its proof is for another decision',
  'wrong-code': 'the one-time code is wrong',
  'code-used': 'the one-time code was used before',
  'codes-locked': 'too many wrong codes: codes do not count for a while',
  'unknown-user': 'there is no such user',
  'disabled-user': 'the account is disabled',
  'role-missing': 'none of the roles may decide this',
  'four-eyes': 'whoever asked for the step may not decide it',
  'other-environment': 'the account may not decide in this environment',
  forbidden: 'the policy forbids the step',
  'bad-edits': 'the new arguments do not fit the action',
};

/** What to try in a second terminal. */
const tries: readonly (readonly [command: string, what: string])[] = [
  ['incident ls', 'open incidents'],
  ['approvals ls', 'steps that wait for a decision'],
  ['range faults', 'what else can be broken'],
];

/**
 * English. The shape of this dictionary is the shape of every other.
 * @param program how this program is called here, so that the commands in sentences can be pasted
 */
export const en = (program: string) => ({
  listComma: ', ',
  labelled: (label: string, text: string) => `${label}: ${text}`,
  inParens: (text: string) => ` (${text})`,
  units: { s: 's', min: 'min', h: 'h' },

  help: {
    summary: "Understudy, an on-call engineer's stand-in",
    examples: 'Examples:',
    usage: 'Usage:',
    options: 'Options:',
    globalOptions: 'Global options:',
    commands: 'Commands:',
    arguments: 'Arguments:',
    showHelp: 'show this help',
    showVersion: 'print the version',
    unknownCommand: (name: string, meant: string | undefined) =>
      `there is no command "${name}"${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    unknownOption: (flag: string, meant: string | undefined) =>
      `there is no option ${flag}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    missingArgument: (name: string) => `${name} is missing`,
    missingValue: (option: string) => `${option} needs a value`,
    tooManyArguments: 'there are more arguments than the command takes',
    missingOption: (option: string) => `${option} is missing`,
    usageProblem: (problem: string, command: string) => `${problem}\nSee ${command} --help`,
  },

  option: {
    output: 'form of the data on stdout: table (default), json or ndjson',
    quiet: 'data and errors only, no messages',
    verbose: 'say more: what caused an error',
    color: 'no colours (as does NO_COLOR)',
    input: 'never ask anything',
    timeout: 'give up after this time (90s, 5m, 1h)',
    language: 'language of what is shown: en or zh',
    config: 'configuration file (default: understudy.yaml here)',
    fault: 'the fault to begin with (default: a bad release)',
    level:
      'of the practice range: full (real nodes, needs root on Linux) or api (a real control plane, simulated nodes); default: the best that this machine can carry',
    startYes: 'answer installation questions with yes; approvals are still waited for',
    autoApprove: 'approve by a service account that is valid for practice only; ends with an exit code',
    readOnly: 'start no write server at all: nothing can be changed',
    host: 'address that the server listens on',
    port: 'port that the server listens on',
    temporalAddress: 'Temporal server of your own (host:port)',
    prometheusUrl: 'Prometheus of your own',
    alertmanagerUrl: 'Alertmanager of your own',
    analyzedCluster: 'a cluster of the configuration, read live; nothing is written',
    analyzedKubeconfig: 'a kubeconfig file, in place of the configuration',
    analyzedContext: "its context (default: the file's current one)",
    analyzedNamespace: 'only what concerns this namespace',
    analyzedBundles: 'a folder of evidence bundles, each looked at alone',
    leastSeverity: 'down to this severity: error, warning or info (default)',
    bundle: 'a folder that holds an evidence bundle',
    bundles: 'a folder of evidence bundles, each diagnosed alone',
    bundleAlert: "an Alertmanager webhook body in place of the bundle's own alert",
    reasoner: 'who reasons: rules, model, or auto (the model where one is configured)',
    diagnosedNamespace: 'the namespace of a live system to look at',
    diagnosedService: 'the service of a live system to look at',
    suite: 'a folder with labels.json and bundles, unpacked or as bundles.tar.xz',
    split: 'only the part that is tuned on, or the part that is only measured: tune or held',
    compare: 'an earlier run, kept with -o json: shows what moved',
    without: 'take sources away (beginnings of paths): the right verdict is "unknown" then',
    before:
      'look so long before the alerts (5m), when nothing was wrong: the right verdict is "healthy" then',
    misses: 'list what was answered wrong, of the tuning part',
    sample: 'a made-up alert that says it is a test',
    file: 'an Alertmanager webhook body as JSON; - for stdin',
    all: 'closed ones too',
    limit: (usual: number) => `at most so many (default ${usual})`,
    gateAll: 'decided ones too',
    approveYes: 'do not ask once more',
    wait: 'wait until the step is done and verified',
    rejectReason: 'why not; the stand-in reads it and it is kept in the audit trail',
    takeOverReason: 'why; it is kept in the audit trail',
    closeReason: 'what ended it; it is kept in the audit trail and in the case',
    role: 'what it may do: viewer, responder, approver, admin, auditor',
    environment: 'environments whose steps it may decide (default: all)',
    service: 'a program, not a person: no one-time codes',
    intakeOnly: 'its key may post alerts, and nothing else',
    stopReason: 'why; it is kept in the audit trail',
    webhookUrl: `where Alertmanager posts alerts (default: where ${program} up listens)`,
    webhookTokenFile: 'file with the token that it shows',
    check: 'alert, diagnosis, approval, mend and verification of every fault, one by one',
    seed: 'order of the faults: the same number, the same order (default 1)',
    only: 'just these faults, with commas between',
    names: 'what the shop is called: usual, other, or both one after the other (default)',
  },

  argument: {
    incident: 'id of an incident, or enough of its beginning',
    gate: 'id of an open gate, or enough of its beginning',
    fault: 'name of a fault, or all',
    onOff: 'on or off',
    user: 'name of an account',
  },

  command: {
    start: 'Play a practice incident on a cluster of its own: everything is brought up by itself',
    up: 'Run Understudy on your own systems, in the foreground',
    analyze: 'Look for what is wrong with the objects of a cluster or an evidence bundle',
    diagnose: 'Say what is wrong in an evidence bundle: causes, evidence, what to do',
    eval: 'Measure the diagnosis on a suite of labelled bundles',
    bundle: 'Evidence bundles: what could be seen of a system around an incident, in a folder',
    bundleExport: 'Keep what an incident was diagnosed from as a bundle, to be read and replayed anywhere',
    bundleCapture: 'Keep what can be seen now of a live system as a bundle; no values of Secrets',
    bundleCheck: 'Say what is malformed in a bundle, and where',
    doctor: 'Check what is needed here, and say how to mend what is missing',
    alert: 'Alerts',
    alertSend: 'Send an alert in as Alertmanager would',
    incident: 'Incidents',
    incidentLs: 'List incidents',
    incidentShow: 'Everything about one incident: story, diagnosis, steps, timeline',
    incidentWatch: 'Follow incidents live',
    incidentTakeOver: '"I have it": the stand-in stands down',
    incidentClose: '"It is over": end an incident by hand, with the reason',
    user: 'Accounts: keys, one-time codes, rights',
    userLs: 'List the accounts',
    userAdd: 'Make an account; its secrets are shown once',
    approvals: 'Steps that wait for a decision',
    approvalsLs: 'List the open gates',
    approvalsWatch: 'Show gates as they open',
    approve: 'Let a step be taken: shows it first, then asks once',
    reject: 'Refuse a step',
    range: 'The practice range',
    rangeStart: 'Run the range alone, in the foreground',
    rangeStop: 'Stop the range that runs here',
    rangeFaults: 'List the faults that can be switched on',
    rangeFault: 'Switch a fault on or off, or check them all',
    config: 'Configuration',
    configShow: 'Every setting, its value and where it comes from; secrets are masked',
    stopAll: 'The kill switch: while it is on nothing is changed anywhere, approved or not',
    version: 'Print the version',
  },

  phase: {
    received: 'received',
    triage: 'triage',
    observe: 'looking',
    diagnose: 'diagnosing',
    plan: 'planning',
    'awaiting-approval': 'waiting for approval',
    acting: 'acting',
    verifying: 'verifying',
    watching: 'watching',
    closing: 'closing',
    learning: 'learning',
    closed: 'closed',
  },
  outcome: {
    mended: 'mended',
    healthy: 'healthy',
    resolved: 'resolved by itself',
    'handed-over': 'handed over',
  },
  verdict: { fault: 'a fault', healthy: 'healthy', unknown: 'unknown' },
  alertStatus: { firing: 'firing', resolved: 'resolved' },
  gateStatus: {
    open: 'open',
    approved: 'approved',
    rejected: 'rejected',
    expired: 'expired',
    withdrawn: 'withdrawn',
    edited: 'edited',
  },
  agent: {
    master: 'master',
    monitoring: 'monitoring',
    diagnosis: 'diagnosis',
    automation: 'automation',
    knowledge: 'knowledge',
  },
  task: {
    triage: 'triage',
    observe: 'what moved',
    recall: 'similar cases',
    diagnose: 'diagnosis',
    plan: 'plan',
    verify: 'verification',
    conclude: 'conclusion',
    learn: 'case',
  },
  who: {
    alert: 'ALERT',
    incident: 'incident',
    approval: 'approval',
    step: 'step',
    check: 'check',
    range: 'range',
  },

  column: {
    incident: 'INCIDENT',
    severity: 'SEV',
    state: 'STATE',
    service: 'SERVICE',
    since: 'FOR',
    title: 'TITLE',
    belief: 'BELIEF',
    gate: 'GATE',
    left: 'LEFT',
    risk: 'RISK',
    environment: 'ENVIRONMENT',
    what: 'WHAT',
    fault: 'FAULT',
    description: 'WHAT IT DOES',
    alerted: 'ALERTED',
    diagnosed: 'DIAGNOSED',
    object: 'OBJECT',
    cause: 'CAUSE',
    mended: 'MENDED',
    verified: 'VERIFIED',
    seconds: 'SECONDS',
    setting: 'SETTING',
    value: 'VALUE',
    from: 'FROM',
    names: 'NAMES',
    detail: 'DETAIL',
    account: 'ACCOUNT',
    kind: 'KIND',
    roles: 'ROLES',
    environments: 'DECIDES IN',
    keys: 'KEYS',
  },

  alert: {
    joined: (count: number) => `news: ${plural(count, 'alert')} in the group now`,
    stillFiring: 'still firing',
    resolved: 'the alert has ended',
    sent: (incidentId: string) =>
      `Accepted as incident ${incidentId}. Follow it: ${program} incident watch ${incidentId}`,
    sentNoIncident: (outcome: string) => `Accepted: ${outcome}`,
    nothingToSend: 'Say what to send: --sample, or -f <file> (- for stdin)',
    notJson: (where: string) =>
      `${where} is not JSON: it must be the body that Alertmanager posts to a webhook`,
    unreadable: (file: string, problem: string) => `${file} cannot be read: ${problem}`,
  },
  incident: {
    opened: 'incident',
    reopened: 'reopened as',
    id: 'id',
    where: 'where',
    openedAt: 'opened',
    belief: 'belief',
    alerts: 'alerts',
    timeline: 'TIMELINE',
    has: (user: string) => `${user} has it`,
    watching: 'watching: it is looked at again in a moment',
    takenOver: (user: string) => `${user} has it; the stand-in stands down`,
    youHaveIt: (title: string) =>
      `You have it: ${title}. Open questions are withdrawn and nothing more is done by the stand-in.`,
    askCloseReason: 'What ended it? ',
    closeReasonNeeded: 'Ending an incident needs a reason: --reason "…"',
    isBeingClosed: (title: string) =>
      `It is being closed: ${title}. Open questions are withdrawn; what was found becomes a case.`,
    closed: (outcome: string, reason: string | undefined) =>
      `closed: ${outcome}${reason === undefined ? '' : ` (${reason})`}`,
    unknownSignal: (name: string) => `an unknown signal came in and was put on record: ${name}`,
    none: `No open incidents. To see one: ${program} alert send --sample`,
    noneAtAll: `No incidents yet. To see one: ${program} alert send --sample`,
    waitingForNext: 'Waiting for incidents. Ctrl-C ends.',
  },
  turn: {
    asks: (task: string, count: number) => `${task}: asks ${plural(count, 'question')}`,
    done: (task: string) => `${task}: done`,
    handsOver: (task: string) => `${task}: hands over to a person`,
  },
  tool: { failed: (outcome: string) => `no answer: ${outcome}` },
  plan: { proposed: (text: string) => `a plan for ${text}` },
  approval: {
    asked: (what: string) => `asked for: ${what}`,
    escalated: 'nobody has answered yet: brought to the next in line',
    somebody: 'somebody',
    decided: (user: string, decision: 'approve' | 'reject' | 'edit', reason: string | undefined) => {
      const verb = { approve: 'approved', reject: 'rejected', edit: 'changed' }[decision];
      return `${verb} by ${user}${reason === undefined || reason === '' ? '' : `: ${reason}`}`;
    },
    notCounted: (user: string, verdict: string) => `a decision by ${user} does not count: ${verdict}`,
    closed: (status: string) => `the question is closed: ${status}`,
    none: 'Nothing waits for a decision.',
    waitingForNext: 'Waiting for gates to open. Ctrl-C ends.',
    howTo: (gate: string) =>
      `Decide: ${program} approve ${gate}   or   ${program} reject ${gate} --reason "…"`,
    ask: 'Approve? [y/n/details] ',
    askAgain: 'Please answer y (approve), n (reject) or details.',
    askReason: 'Why not? ',
    askOnce: 'Take this step? [y/n] ',
    notTaken: 'Nothing was decided; the gate stays open.',
    needsYes: 'There is nobody to ask here: add --yes to approve without being asked once more',
    reasonNeeded: 'A rejection needs a reason: --reason "…"',
    alreadyClosed: (status: string) => `This gate is not open any more: ${status}`,
    recorded: (decision: 'approve' | 'reject'): string =>
      decision === 'approve' ? 'Approved.' : 'Rejected.',
    notAccepted: (verdict: string) => `The decision does not count: ${verdict}`,
    follow: (incident: string) => `Follow it: ${program} incident watch ${incident}`,
    waitingForVerdict: 'Waiting for the decision to be counted …',
  },
  verdictMeans,
  gate: {
    title: 'PROPOSED STEP',
    waiting: (left: string) => `waiting, ${left} left`,
    what: 'what',
    why: 'why',
    change: 'change',
    touches: 'touches',
    undo: 'undo',
    risk: 'risk',
    deadline: 'until',
    deleted: 'the object is deleted',
    moreFields: (count: number) => `… and ${plural(count, 'more field')}`,
    touching: ({ blastRadius, object, environment }: Gate) => {
      const parts = [
        plural(blastRadius.replicas, 'pod'),
        plural(blastRadius.objects, 'object'),
        plural(blastRadius.namespaces, 'namespace'),
      ];
      return `${parts.join(', ')}; cluster ${object.cluster}, environment ${environment}`;
    },
    riskAndRule: ({ riskClass, rule, needs }: Gate) => {
      const who = needs.approvals === 0 ? 'nobody need be asked' : plural(needs.approvals, 'approval');
      const roles = needs.roles.length === 0 ? '' : ` by ${needs.roles.join(' or ')}`;
      return `${riskClass} (${riskMeans[riskClass]}) · rule ${rule} → ${who}${needs.approvals === 0 ? '' : roles}`;
    },
    until: (time: string) => `${time}, then it is denied`,
    escalatesAt: (time: string) => `; brought to the next in line at ${time}`,
    workflow: 'workflow',
    policyVersion: 'policy',
    argsHash: 'hash',
    arguments: 'arguments',
  },
  diagnosis: {
    title: 'DIAGNOSIS',
    for: 'for it',
    against: 'against it',
    nothing: 'nothing was seen',
    moreQuotes: (count: number) => `… and ${count} more`,
    ruledOut: 'Ruled out',
    gaps: 'Could not be looked at',
    none: 'No diagnosis yet.',
  },
  step: {
    changed: stepChanged,
  },
  stepOutcome,
  caseRecord: {
    title: 'CASE',
    recorded: (title: string) => `remembered as a case: ${title}`,
    cause: 'cause',
    object: 'object',
    done: 'done',
    outcome: 'outcome',
    story: 'story',
    durations: 'time',
    toDiagnosis: (duration: string) => `alert → first diagnosis ${duration}`,
    toApproval: (duration: string) => `→ approval ${duration}`,
    toMended: (duration: string) => `→ mended and verified ${duration}`,
  },

  practice: {
    title: 'UNDERSTUDY · PRACTICE',
    intro: [
      'A small shop runs in a Kubernetes cluster of its own on this machine, with real traffic, a real Prometheus and a real Alertmanager. Nothing of yours is touched.',
      'Something in the shop is about to break. Understudy does not know what: it gets the alert, looks, says what it believes and asks before it changes anything.',
    ],
    running: 'Running',
    server: 'Server and API',
    temporal: 'Temporal UI',
    prometheus: 'Prometheus',
    alertmanager: 'Alertmanager',
    tryTitle: 'In a second terminal, in this folder',
    tries,
    secretsTitle: 'Shown this once, so keep it',
    administrator: 'Administrator',
    otpSeed: 'One-time-code seed',
    otpUri: 'For an authenticator app',
    otpUse: 'Its codes prove who you are when you decide in the Temporal UI.',
    apiKeyFile: 'API key (file)',
    faultOn: (name: string) => `fault on: ${name}. Understudy is not told; it has to find out.`,
    endedEarlier:
      'Incidents of an earlier run are still open. The shop was put back, so their alerts are told as ended.',
    notCalm: 'Some are still open; it goes on all the same.',
    waitingForAlert: 'waiting for Prometheus to notice and Alertmanager to call',
    approveElsewhere: 'To let it be taken, in another terminal:',
    approveInUi: (url: string) => `or in the Temporal UI, as its details say: ${url}`,
    autoApproved: 'approved by range-approver, which may do so in practice only',
    noAlert: (duration: string) =>
      `No alert came within ${duration}. See the logs in the state folder, and ${program} doctor.`,
    notMended: (outcome: string) => `The incident did not end with a verified mend: ${outcome}`,
    streamLost: 'the live stream was interrupted: reconnecting',
    otherFaults: (names: string) => `Faults: ${names}`,
    another: 'Another one? Its name, Enter to stay with everything running, q to stop: ',
    staying: 'Everything goes on running. Ctrl-C stops it.',
    unknownFault: (name: string, names: string) => `there is no fault "${name}"; there are: ${names}`,
    stopsWhenUp: 'Stopping; what is just being started is waited for …',
    stopping: 'Stopping what was started …',
    stopped: 'Stopped. The next start finds the state as it is.',
    noRange: 'the practice range did not come up',
    recorded:
      'While the range is built, which takes minutes the first time: the diagnosis, made just now, of an incident recorded on it',
    recordedMore: (command: string) => `All of it: ${command}`,
    recordedFailed: (problem: string) => `the recorded incident could not be diagnosed: ${problem}`,
  },
  up: {
    title: 'UNDERSTUDY',
    nothingConnected:
      'No cluster is configured: it can look at nothing yet. Name one in understudy.yaml (docs/getting-started.md).',
    readOnly: 'Read-only: no write server was started; nothing can be changed.',
    alertsTo: 'Alertmanager posts to',
    staying: 'Ctrl-C stops it.',
  },

  instance: {
    none: (folder: string) =>
      `No running Understudy was found (${folder}). Start one with npm start or ${program} up, or name one with UNDERSTUDY_URL and UNDERSTUDY_API_KEY_FILE`,
    notUrl: (value: string) => `UNDERSTUDY_URL is not a URL: ${value}; it looks like http://127.0.0.1:7788`,
    noKeyFile: 'UNDERSTUDY_URL is set, but not UNDERSTUDY_API_KEY_FILE: name the file that holds an API key',
    keyUnreadable: (file: string, problem: string) => `The API key file ${file} cannot be read: ${problem}`,
    unreachable: (url: string, problem: string) =>
      `${url} cannot be reached: ${problem}. Is it running? See ${program} doctor`,
    slow: (url: string, duration: string) => `${url} did not answer within ${duration}`,
    notOurs: (url: string, what: string) => `${url} did not answer as Understudy does: ${what}`,
  },
  ids: {
    ambiguous: (prefix: string, matches: string) =>
      `"${prefix}" is the beginning of more than one: ${matches}`,
    noIncident: (id: string) =>
      `there is no incident that begins with ${id}; see ${program} incident ls --all`,
    noGate: (id: string) => `there is no gate that begins with ${id}; see ${program} approvals ls --all`,
  },

  stopAll: {
    on: `Everything that writes is stopped, approved steps that wait among it. To go on: ${program} stop-all off`,
    off: 'Writes are possible again, as policy and approvals allow.',
    notOnOff: (value: string) => `say on or off, not "${value}"`,
  },

  user: {
    kind: { person: 'person', service: 'service' },
    everywhere: 'everywhere',
    enabled: 'active',
    disabled: 'disabled',
    apiKey: 'API key',
    change: {
      'otp-renew': 'A new seed of one-time codes, shown once; codes of the old one are void',
      'key-renew': 'A new API key, shown once; the old ones are revoked',
      'revoke-keys': 'Revoke the API keys of an account and what was signed with them',
      disable: 'Shut an account out',
      enable: 'Let an account in again',
    },
    added: (name: string) => `${name} has an account.`,
    changed: {
      'otp-renew': (name: string) => `${name} has a new seed; codes of the old one do not count any more.`,
      'key-renew': (name: string) => `${name} has a new API key; the old ones are revoked.`,
      'revoke-keys': (name: string, keys: number) =>
        `${plural(keys, 'key')} of ${name} revoked. A new one: ${program} user key-renew ${name}`,
      disable: (name: string) => `${name} is shut out. To let it in again: ${program} user enable ${name}`,
      enable: (name: string) => `${name} is let in again.`,
    },
  },

  range: {
    started: (name: string) => `The range "${name}" runs.`,
    stopping: 'The range was told to stop; that takes up to half a minute.',
    stopped: 'It has stopped.',
    lookedAfter: `To have Understudy look after it, in understudy.yaml (then: ${program} up):`,
    notRunning: `No range runs here. Start one with ${program} range start, or npm start`,
    switched: (name: string, isOn: boolean) => `${name} is ${isOn ? 'on' : 'off'}.`,
    needsCheck: 'all goes with --check only',
    checkAlone: '--check goes with all only',
    onOrOff: 'say on or off',
    checked: (passed: number, total: number) => `${passed} of ${total} rounds came out right.`,
    names: { usual: 'usual', other: 'other' },
    milestone: {
      on: 'on',
      alerted: 'alerted',
      diagnosed: 'diagnosed',
      mended: 'mended',
      verified: 'verified',
      quiet: 'quiet again',
    },
  },

  doctor: {
    machine: 'This machine',
    programs: 'Programs',
    range: 'Practice range (npm start)',
    configuration: 'Configuration',
    running: 'Running here',
    mend: (how: string) => `→ ${how}`,
    mendConfiguration: `correct it; ${program} config show says where each value comes from`,
    mendFile: (path: string) => `put the file there, or name another one: ${path}`,
    notRunning: (folder: string) => `nothing runs in ${folder}`,
    runs: (url: string) => `runs at ${url}`,
    stale: (url: string) => `a process says that it runs at ${url}, but nothing answers there`,
    mendStale: 'wait a moment; if it stays so, see the logs in the state folder and start it again',
    systems: 'Your own systems, as configured',
    answers: (where: string) => `answers: ${where}`,
    slow: (seconds: number) => `did not answer within ${seconds} s`,
    answersWith: (what: string, resources: number) => `${what} answers, with ${resources} resources`,
    mendAws:
      'allow what docs/aws-reader-policy.json lists to the account of this process, or correct aws in understudy.yaml',
    notThat: (kind: string, what: string) => `does not answer as ${kind} does (${what})`,
    noCreate: 'the account may not create tables in this database',
    mendSetting: (variable: string) => `start it, or correct ${variable} (or the setting in understudy.yaml)`,
    mendPostgres: (least: number) => `use PostgreSQL ${least} or later`,
    mendCreate: 'GRANT CREATE ON DATABASE … TO the account, or name one that owns the database',
    mendCluster: (file: string) => `try it: kubectl --kubeconfig ${file} get namespaces`,
    mayNot: (what: string) => `the account gets in, but may not: ${what}`,
    mendRights: 'give it the role of docs/getting-started.md (kubectl auth can-i --list shows what it has)',
    readerWrites: 'answers, but the account for reading may write: workers should not be able to',
    mendReaderWrites: 'name an account that can only read (docs/getting-started.md)',
    actsEverywhere: 'may take every kind of step, in every namespace',
    actsIn: (namespaces: string) => `may take every kind of step in: ${namespaces}`,
  },

  config: {
    noFile: 'There is no understudy.yaml here; environment and defaults only.',
    file: (path: string) => `Read from ${path}`,
    default: 'default',
    notSet: '–',
    services: (count: number) => plural(count, 'service'),
  },
  configuration: {
    mistakes: 'The configuration cannot be used:',
    unreadable: (file: string, problem: string) => `${file} cannot be read: ${problem}`,
    notYaml: (where: string, problem: string) => `${where}: not YAML: ${problem}`,
    notAMap: (where: string) => `${where}: settings are expected here, one "name: value" a line`,
    noSuchFile: (file: string) =>
      `There is no configuration file ${file}: correct --config or UNDERSTUDY_CONFIG`,
    noSuchCatalogue: (file: string, where: string) =>
      `serviceCatalogueFile: there is no file ${file} (named in ${where})`,
    unknownKey: (where: string, path: string, meant: string | undefined) =>
      `${where}: ${path} is not a setting${meant === undefined ? '; remove it' : `; did you mean ${meant}?`}`,
    unknownVariable: (name: string, meant: string) =>
      `${name} is not a setting; did you mean ${meant}? (unset it if it is not for Understudy)`,
    wrongValue: ({ path, problem, where, value, example }: WrongValue) => {
      const is = value === undefined ? '' : ` It is ${value}${where === '' ? '' : ` (${where})`}.`;
      const missing = value === undefined && where !== '' ? ` (${where})` : '';
      const fix = example === undefined ? '' : ` A right value: ${example}`;
      return `${path}: ${problem}${missing}.${is}${fix}`;
    },
  },

  analyze: {
    oneSource: 'say one thing to look at: --bundle, --bundles, or a cluster',
    whichCluster: (known: string) =>
      known === ''
        ? 'no cluster is configured: name a file with --kubeconfig, or a bundle with --bundle'
        : `say which cluster with --cluster; known: ${known}`,
    nothing: 'Nothing is wrong with what was looked at.',
    severity: 'SEVERITY',
    severities: { error: 'error', warning: 'warning', info: 'info' },
    object: 'OBJECT',
    code: 'CODE',
    message: 'MESSAGE',
    fix: 'WOULD MEND IT',
    counts: (errors: number, warnings: number, infos: number) =>
      `${plural(errors, 'error')}, ${plural(warnings, 'warning')}, ${infos} for information`,
    gap: (gap: string) => `not looked at: ${gap}`,
    apiCalls: (requests: number) => `${plural(requests, 'request')} to the API server`,
  },

  diagnose: {
    nothingToDiagnose:
      'say what is to be diagnosed: --bundle DIR, --bundles DIR, or live: --namespace, --service, --alert',
    oneThing: 'one thing at a time: a bundle, a folder of bundles, or a live system',
    oneAlert: '--alert goes with --bundle: it is one incident',
    noModel: 'no model is configured; leave --reasoner out, or use rules',
    bundle: 'BUNDLE',
    verdict: 'VERDICT',
    cause: 'CAUSE',
    object: 'OBJECT',
    sure: 'SURE',
    took: 'MS',
  },

  bundle: {
    captured: (folder: string, files: number) => `${plural(files, 'file')} in ${folder}`,
    checked: (files: number, problems: number) =>
      `${plural(files, 'file')}, ${problems === 0 ? 'all in order' : plural(problems, 'problem')}`,
    ignored: (names: string) => `Not of the format, and ignored: ${names}`,
  },

  evaluation: {
    progress: (done: number, all: number) => `${done} of ${all} bundles`,
    suite: (name: string, bundles: number) => `${name}: ${plural(bundles, 'bundle')}`,
    figure: 'FIGURE',
    all: 'ALL',
    tune: 'TUNE',
    held: 'HELD',
    bundles: 'bundles',
    verdict: 'verdict right',
    falseFaults: 'false faults',
    service: (k: number) => `service A@${k}`,
    serviceAverage: 'service Avg@5',
    changeExact: 'change exact',
    calibration: 'calibration error (ECE)',
    causesOfTune: 'Causes (tuning part)',
    cause: 'CAUSE',
    count: 'N',
    confusions: 'Taken for something else (tuning part)',
    expected: 'EXPECTED',
    answered: 'ANSWERED',
    nothing: '(none)',
    reliability: 'How sure, how right',
    sure: 'SURE',
    said: 'SAID',
    right: 'RIGHT',
    speed: (p50: string, p95: string, megabytes: number) =>
      `A bundle takes ${p50} ms (P50), ${p95} ms (P95); at most ${megabytes} MB of memory`,
    missing: (names: string) => `Labels without a bundle: ${names}`,
    misses: 'Answered wrong (tuning part)',
    moved: (better: number, worse: number) => `Against the earlier run: ${better} better, ${worse} worse`,
    movedHeld: (better: number, worse: number) =>
      `In the part that is only measured: ${better} better, ${worse} worse`,
    better: 'better',
    worse: 'worse',
    otherSuite: (name: string) => `the earlier run is of another suite: ${name}`,
    logs: (name: string, logs: number) => `${name}: ${plural(logs, 'log')}`,
    log: 'LOG',
    part: 'PART',
    lines: 'LINES',
    groups: 'GROUPS',
    trueGroups: 'TRUE GROUPS',
    groupingAccuracy: 'GROUPING ACCURACY',
    mean: 'mean',
  },

  error: {
    told: (message: string) => `error: ${message}`,
    timeout: (duration: string) => `not finished within ${duration}`,
    notADuration: (text: string) => `"${text}" is no duration; write 90s, 5m or 1h`,
    notOneOf: (text: string, choices: string) => `"${text}" is not one of ${choices}`,
    notANumber: (text: string) => `"${text}" is not a whole number above 0`,
    unexpected: 'Something unexpected went wrong. With -v more is said; please report it with that.',
  },
});
