import { UnderstudyError } from '#domain/errors.ts';

function given(variable: string): string {
  const path = process.env[variable];
  if (path === undefined) throw new UnderstudyError('program-missing', `set ${variable}`);
  return path;
}

export async function findControlPlanePrograms() {
  return {
    etcd: given('UNDERSTUDY_ETCD'),
    kubeApiserver: given('UNDERSTUDY_KUBE_APISERVER'),
    kubeControllerManager: given('UNDERSTUDY_KUBE_CONTROLLER_MANAGER'),
  };
}
