import type { Program } from '#machine/program.ts';

/** moto and everything that it needs to be served, each in one version. */
const packages = [
  'moto==5.2.5',
  'blinker==1.9.0',
  'boto3==1.44.8',
  'botocore==1.44.8',
  'certifi==2026.10.19.post1',
  'cffi==2.1.1',
  'charset-normalizer==3.5.3',
  'click==8.5.1',
  'cryptography==50.0.2',
  'flask-cors==6.0.5',
  'flask==3.1.3',
  'idna==3.20',
  'itsdangerous==2.2.0',
  'jinja2==3.1.6',
  'jmespath==1.1.0',
  'markupsafe==3.0.4',
  'pycparser==3.12',
  'python-dateutil==2.9.0.post0',
  'pyyaml==6.0.4',
  'requests==2.34.2',
  'responses==0.26.3',
  's3transfer==0.19.3',
  'six==1.17.0',
  'urllib3==2.8.0',
  'werkzeug==3.1.9',
  'xmltodict==1.0.4',
] as const;

/** AWS' APIs in one process, in memory: https://docs.getmoto.org */
export const motoProgram: Program = {
  name: 'moto',
  version: '5.2.5',
  variable: 'UNDERSTUDY_MOTO_PATH',
  sources: [{ kind: 'pip', packages, module: 'moto.server', estimateSeconds: 20 }],
};
