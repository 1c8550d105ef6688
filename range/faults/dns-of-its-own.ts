import { rolloutFault } from './rollout-fault.ts';

/** The pipeline gives the pods a name server that nobody answers at. */
export const dnsOfItsOwn = rolloutFault({
  name: 'dns-of-its-own',
  title: { en: 'A name server that does not answer', zh: '自定义 DNS 服务器无响应' },
  of: 'recommendations',
  causes: ['network.dns-config-wrong', 'network.dns-resolution'],
  // TEST-NET-1 (RFC 5737): nobody answers there.
  pod: () => ({ dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.53'] } }),
  note: 'with the name server of the data centre',
});
