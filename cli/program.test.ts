import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ran, type RunOptions, run, temporaryFolder } from './testing/run.ts';
import { alert, diagnosis, gate, gateId, incident, incidentDetail, incidentId } from './testing/samples.ts';
import { json, problem, type StandIn, startStandIn } from './testing/stand-in-server.ts';

let server: StandIn;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let environment: Record<string, string>;

beforeEach(async () => {
  server = await startStandIn();
  folder = await temporaryFolder({ key: 'us_secret\n' });
  environment = { UNDERSTUDY_URL: server.url, UNDERSTUDY_API_KEY_FILE: join(folder.path, 'key') };
  server.answers.set('GET /api/v1/incidents', json({ items: [incident] }));
  server.answers.set(`GET /api/v1/incidents/${incidentId}`, json(incidentDetail));
  server.answers.set('GET /api/v1/approvals', json({ items: [gate] }));
  server.answers.set(`GET /api/v1/approvals/${gateId}`, json({ gate, decisions: [] }));
});
afterEach(async () => {
  await server.close();
  await folder.remove();
});

function cli(line: string, options: RunOptions = {}): Promise<Ran> {
  return run(line.split(' '), {
    cwd: folder.path,
    ...options,
    environment: { ...environment, ...options.environment },
  });
}

describe('data and messages', () => {
  it('lists incidents as a table for people', async () => {
    const { code, stdout, stderr } = await cli('incident ls');
    expect(code).toBe(0);
    expect(stdout).toContain('0193a5f2-7c31');
    expect(stdout).toContain(incident.title);
    expect(stderr).toBe('');
    expect(server.seen[0]?.url.searchParams.get('status')).toBe('open');
    expect(server.seen[0]?.headers.authorization).toBe('Bearer us_secret');
  });

  it('lists them as JSON for scripts, wherever -o stands', async () => {
    for (const line of ['incident ls -o json', '-o json incident ls', 'incident ls --output=json']) {
      expect(JSON.parse((await cli(line)).stdout)).toEqual([incident]);
    }
  });

  it('keeps stdout for data where there is none, and says on stderr what to do', async () => {
    server.answers.set('GET /api/v1/incidents', json({ items: [] }));
    const table = await cli('incident ls');
    expect(table.stdout).toBe('');
    expect(table.stderr).toContain('understudy alert send --sample');
    expect((await cli('incident ls -o json')).stdout).toBe('[]\n');
    expect((await cli('incident ls -q')).stderr).toBe('');
  });

  it('speaks Chinese when asked, by flag, variable or locale', async () => {
    for (const [line, env] of [
      ['--lang zh incident ls', {}],
      ['incident ls', { UNDERSTUDY_LANGUAGE: 'zh' }],
      ['incident ls', { LANG: 'zh_CN.UTF-8' }],
    ] as const) {
      expect((await cli(line, { environment: env })).stdout).toContain('等待审批');
    }
  });

  it('shows everything about an incident by the beginning of its id', async () => {
    const { stdout } = await cli('incident show 0193a5f2');
    for (const part of [alert.labels.alertname ?? '', diagnosis.summary.slice(0, 40), gate.what.en, 'CASE']) {
      expect(stdout).toContain(part);
    }
  });
});

describe('colours', () => {
  const coloured = '\u001b[';
  it.each([
    ['at a terminal', {}, 'incident ls', true],
    ['with NO_COLOR', { NO_COLOR: '1' }, 'incident ls', false],
    ['with an empty NO_COLOR, which says nothing', { NO_COLOR: '' }, 'incident ls', true],
    ['with --no-color', {}, 'incident ls --no-color', false],
    ['at a terminal that has none', { TERM: 'dumb' }, 'incident ls', false],
  ])('%s', async (_name, env, line, expected) => {
    const ran = await cli(line, { person: new PassThrough(), environment: { NO_COLOR: '', ...env } });
    expect(ran.stdout.includes(coloured)).toBe(expected);
  });

  it('not in a pipe', async () => {
    expect((await cli('incident ls', { environment: { NO_COLOR: '' } })).stdout).not.toContain(coloured);
  });
});

describe('exit codes', () => {
  it.each([
    ['incident show ffff', 3, 'no incident that begins with ffff'],
    ['aproves', 2, 'did you mean approve?'],
    ['incident ls --lmit 3', 2, 'did you mean --limit?'],
    ['incident ls --limit many', 2, 'whole number'],
    ['incident ls -o yaml', 2, 'table, json'],
    ['incident ls --timeout soon', 2, '5m'],
    ['approve', 2, '<gate>'],
    ['alert send', 2, '--sample'],
    ['stop-all maybe', 2, 'maybe'],
    ['config show --config nowhere.yaml', 2, 'nowhere.yaml'],
    ['reject 3f2a', 2, '--reason'],
    ['approve 3f2a', 2, '--yes'],
  ])('%s: %d', async (line, code, said) => {
    const ran = await cli(line);
    expect(ran).toMatchObject({ code });
    expect(ran.stderr).toContain(said);
  });

  it.each([
    [401, 'unauthenticated', 4],
    [403, 'forbidden', 4],
    [409, 'conflict', 5],
    [503, 'unavailable', 8],
    [500, 'internal', 1],
  ])('a server that answers %d (%s) ends with %d and its words', async (status, code, exit) => {
    server.answers.set('GET /api/v1/incidents', problem(status, code, 'because of the weather'));
    const ran = await cli('incident ls');
    expect(ran.code).toBe(exit);
    expect(ran.stderr).toBe('error: because of the weather\n');
    expect(ran.stdout).toBe('');
  });

  it('a server that cannot be reached ends with 8 and says where it was looked for', async () => {
    const ran = await cli('incident ls', { environment: { UNDERSTUDY_URL: 'http://127.0.0.1:1' } });
    expect(ran.code).toBe(8);
    expect(ran.stderr).toContain('http://127.0.0.1:1');
  });

  it('without a server anywhere it says how to start one', async () => {
    const ran = await cli('incident ls', {
      environment: { UNDERSTUDY_URL: '', UNDERSTUDY_HOME: folder.path },
    });
    expect(ran.code).toBe(8);
    expect(ran.stderr).toContain('npm start');
  });

  it('something else than Understudy at the address is no crash', async () => {
    server.answers.set(
      'GET /api/v1/incidents',
      (_request, response) => void response.end('<html>hello</html>'),
    );
    const ran = await cli('incident ls');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('did not answer as Understudy does');
  });

  it('--timeout ends with 6', async () => {
    server.answers.set('GET /api/v1/incidents', () => undefined);
    const ran = await cli('incident ls --timeout 200ms');
    expect(ran.code).toBe(6);
    expect(ran.stderr).toContain('200 ms');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('%s ends with %d and no error', async (reason, code) => {
    server.answers.set('GET /api/v1/incidents', () => undefined);
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 100);
    expect(await cli('incident ls', { signal: controller.signal })).toEqual({ code, stdout: '', stderr: '' });
  });

  it('a beginning that fits two ids is no choice', async () => {
    const other = { ...incident, id: incident.id.replace('7abc', '7abd') };
    server.answers.set('GET /api/v1/incidents', json({ items: [incident, other] }));
    const ran = await cli('incident show 0193a5f2');
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(other.id);
  });
});

describe('secrets', () => {
  it('the key is read from its file and told nowhere', async () => {
    server.answers.set('GET /api/v1/incidents', problem(401, 'unauthenticated', 'the API key is not known'));
    const ran = await cli('incident ls -v');
    expect(ran.stdout + ran.stderr).not.toContain('us_secret');
  });

  it('a key that is not there is named by its file', async () => {
    const ran = await cli('incident ls', { environment: { UNDERSTUDY_API_KEY_FILE: '/nowhere/key' } });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('/nowhere/key');
  });

  it('the key of the instance here is sent to no other server', async () => {
    const ran = await cli('incident ls', { environment: { UNDERSTUDY_API_KEY_FILE: '' } });
    expect(ran.code).toBe(2);
    expect(server.seen).toEqual([]);
  });

  it('config show says where values come from and masks passwords', async () => {
    const secret = { DATABASE_URL: 'postgres://app:hunter2@db:5432/x', UNDERSTUDY_TENANT: 'shop' };
    const ran = await cli('config show', { environment: secret });
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/databaseUrl +postgres:\/\/app:\*\*\*@db:5432\/x +DATABASE_URL/);
    expect(ran.stdout).toMatch(/tenant +shop +UNDERSTUDY_TENANT/);
    expect(ran.stdout).not.toContain('hunter2');
  });
});

describe('deciding', () => {
  const decide = `POST /api/v1/approvals/${gateId}/decide`;
  const sent = () => server.seen.filter((request) => request.url.pathname.endsWith('/decide'));

  it('approve shows the step first and sends exactly what was shown', async () => {
    server.answers.set(decide, json({ recorded: true, accepted: true, verdict: 'accepted' }));
    const ran = await cli('approve 3f2a81c4 --yes');
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain(gate.what.en);
    expect(ran.stdout).toContain('+ shop/checkout:1.6.2');
    expect(JSON.parse(sent()[0]?.body ?? '')).toEqual({
      decision: 'approve',
      argsHash: gate.argsHash,
      channel: 'cli',
    });
  });

  it.each([
    ['y\n', 1, 0],
    ['n\n', 0, 1],
    ['\n', 0, 1],
  ])('asks once at a terminal: %j', async (typed, decisions, code) => {
    server.answers.set(decide, json({ recorded: true, accepted: true, verdict: 'accepted' }));
    const person = new PassThrough();
    const ran = await cli('approve 3f2a81c4', {
      person,
      onOutput: (text) => {
        if (text.endsWith('[y/n] ')) person.write(typed);
      },
    });
    expect(ran.code).toBe(code);
    expect(sent()).toHaveLength(decisions);
  });

  it('asks nobody and decides nothing with --no-input, terminal or not', async () => {
    const ran = await cli('approve 3f2a81c4 --no-input', { person: new PassThrough() });
    expect(ran.code).toBe(2);
    expect(sent()).toEqual([]);
  });

  it('a decision that was overtaken ends with 5', async () => {
    server.answers.set(decide, json({ recorded: true, accepted: false, verdict: 'too-late' }));
    const ran = await cli('approve 3f2a81c4 --yes');
    expect(ran.code).toBe(5);
    expect(ran.stderr).toContain('closed already');
  });

  it('a decision that does not count ends with 4 and the reason', async () => {
    server.answers.set(decide, json({ recorded: true, accepted: false, verdict: 'other-environment' }));
    const ran = await cli('approve 3f2a81c4 --yes');
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain('environment');
  });

  it('a gate that is decided already ends with 5', async () => {
    server.answers.set(
      `GET /api/v1/approvals/${gateId}`,
      json({ gate: { ...gate, status: 'approved' }, decisions: [] }),
    );
    const ran = await cli('approve 3f2a81c4 --yes');
    expect(ran.code).toBe(5);
    expect(ran.stderr).toContain('approved');
    expect(sent()).toEqual([]);
  });

  it('reject sends the reason', async () => {
    server.answers.set(decide, json({ recorded: true, accepted: true, verdict: 'accepted' }));
    const ran = await run(['reject', '3f2a81c4', '--reason', 'not tonight'], {
      cwd: folder.path,
      environment,
    });
    expect(ran.code).toBe(0);
    expect(JSON.parse(sent()[0]?.body ?? '')).toMatchObject({ decision: 'reject', reason: 'not tonight' });
  });
});

describe('sending', () => {
  const accepted = { deliveryId: 'd1', incidentId, deliveryNo: 1, outcome: 'opened' };

  it('alert send --sample sends an alert that says it is a test', async () => {
    server.answers.set('POST /api/v1/alerts', json(accepted, 202));
    const ran = await cli('alert send --sample -o json');
    expect(JSON.parse(ran.stdout)).toEqual({ incidentId, outcome: 'opened' });
    expect(JSON.parse(server.seen[0]?.body ?? '')).toMatchObject({ labels: { test: 'true' } });
  });

  it('alert send -f - passes on what Alertmanager would post', async () => {
    server.answers.set('POST /api/v1/intake/alertmanager', json(accepted, 202));
    const body = { version: '4', groupKey: 'g', status: 'firing', alerts: [] };
    const ran = await cli('alert send -f -', { stdin: JSON.stringify(body) });
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain(`incident watch ${incidentId}`);
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual(body);
  });

  it('says what a malformed file is, before anything is sent', async () => {
    const ran = await cli('alert send -f -', { stdin: '{"half":' });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('stdin is not JSON');
    expect(server.seen).toEqual([]);
  });

  it('stop-all switches', async () => {
    server.answers.set(
      'POST /api/v1/stop-all',
      json({ stopped: true, by: 'admin', at: '2026-11-21T03:02:00Z' }),
    );
    const ran = await run(['stop-all', 'on', '--reason', 'migration'], { cwd: folder.path, environment });
    expect(ran.stdout).toContain('stop-all off');
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({ stopped: true, reason: 'migration' });
  });

  it('take-over says that it is yours', async () => {
    server.answers.set(`POST /api/v1/incidents/${incidentId}/take-over`, json({ takenOverBy: 'admin' }));
    const ran = await cli('incident take-over 0193a5f2');
    expect(ran.stdout).toContain(incident.title);
  });
});

describe('help', () => {
  it('begins with examples', async () => {
    const { code, stdout } = await cli('approve --help');
    expect(code).toBe(0);
    expect(stdout.startsWith('Examples:\n  npx understudy approve ')).toBe(true);
  });

  it('is what a command line without a command gets', async () => {
    const { code, stdout } = await run([], { cwd: folder.path });
    expect(code).toBe(0);
    expect(stdout).toContain('incident');
  });

  it('is in Chinese for those who read Chinese', async () => {
    expect((await cli('--lang zh incident ls --help')).stdout).toContain('示例：');
  });
});
