import { defineCauses } from './define-causes.ts';

export const networkCauses = defineCauses('network', {
  'policy-blocked': {
    title: { en: 'A network policy blocks the calls', zh: '网络策略（NetworkPolicy）拦截' },
    kinds: ['NetworkPolicy'],
    proves: [
      'callers see timeouts ("i/o timeout"), not refusals, and the endpoints are ready',
      'a NetworkPolicy selects the pods and allows neither this caller nor this port; egress without port 53 stops DNS',
      'the policy was made or changed before the first timeout',
    ],
    excludes: [
      'no policy selects source or destination',
      '"connection refused": the packet arrived',
      'the CNI enforces no policies',
    ],
    fixes: ['patch'],
  },
  delay: {
    title: { en: 'The network delays packets', zh: '网络延迟升高' },
    kinds: ['Node', 'Host', 'NetworkChaos', 'Service'],
    proves: [
      'every call over one link takes longer by about the same time, fast and slow ones alike; the server measures itself as fast',
      'round-trip time or connect time rises; tc qdisc netem on the interface',
    ],
    excludes: ['the server measures the same latency itself', 'other calls over the same link are as before'],
    fixes: ['drain', 'cordon', 'delete-pod'],
  },
  loss: {
    title: { en: 'The network loses packets', zh: '网络丢包' },
    kinds: ['Node', 'Host', 'NetworkChaos', 'Service'],
    proves: [
      'TCP retransmissions rise (node_netstat_Tcp_RetransSegs), some calls take 200 ms, 1 s or 3 s more, others none',
      'drops or errors on an interface; probes lose packets',
    ],
    excludes: ['retransmissions as before', 'all calls slow down evenly'],
    fixes: ['drain', 'cordon', 'delete-pod'],
  },
  partition: {
    title: { en: 'Parts of the network cannot reach one another', zh: '网络分区' },
    kinds: ['Node', 'Host', 'NetworkChaos', 'CloudResource'],
    proves: [
      'all calls between two nodes, zones or sets of pods time out; inside each part they work',
      '"no route to host" in one direction; cluster members lose one another at the same time',
    ],
    excludes: ['one service only is out of reach: look at it and its policies'],
    fixes: ['cordon', 'drain', 'restart-unit'],
  },
  bandwidth: {
    title: { en: 'The bandwidth is limited', zh: '带宽受限' },
    kinds: ['Node', 'Host', 'NetworkChaos', 'Deployment', 'Pod'],
    proves: [
      'throughput stands at a flat ceiling; large answers slow down, small ones do not',
      'annotations kubernetes.io/ingress-bandwidth or egress-bandwidth; tc tbf on the interface',
    ],
    excludes: ['throughput is far below what the link has carried before, without queueing'],
    fixes: ['patch', 'drain'],
  },
  'dns-resolution': {
    title: { en: 'Names do not resolve', zh: 'DNS 解析失败' },
    kinds: ['Service', 'ConfigMap', 'Deployment'],
    proves: [
      '"no such host", "Temporary failure in name resolution", "EAI_AGAIN", "server misbehaving" in logs of callers',
      'coredns_dns_responses_total with rcode SERVFAIL or NXDOMAIN rises',
    ],
    excludes: [
      'CoreDNS is down: then that is the cause',
      'a single name fails because no such Service exists',
    ],
    fixes: ['rollout-restart', 'patch'],
  },
  'dns-server-down': {
    title: { en: 'The DNS server is down', zh: 'DNS 服务器（CoreDNS）不可用' },
    kinds: ['Deployment', 'Service', 'Pod'],
    proves: [
      'no ready pods of coredns or kube-dns; Service kube-dns without ready endpoints',
      'all names fail with timeouts at the cluster DNS address, in all namespaces',
    ],
    excludes: ['CoreDNS answers other names'],
    fixes: ['scale', 'rollout-restart', 'rollout-undo'],
  },
  'dns-config-wrong': {
    title: { en: 'The DNS configuration is wrong', zh: 'DNS 配置错误' },
    kinds: ['ConfigMap', 'Deployment', 'Pod'],
    proves: [
      'Corefile changed before the first failure; CoreDNS logs "plugin/…: …" errors or a forwarding loop',
      'dnsPolicy or dnsConfig of the pods: cluster names fail in these pods only',
      'kubelet --cluster-dns or --cluster-domain does not fit',
    ],
    excludes: ['pods with the default DNS settings fail alike while CoreDNS is down'],
    fixes: ['patch', 'rollout-undo', 'rollout-restart'],
  },
  firewall: {
    title: { en: 'A firewall blocks the traffic', zh: '防火墙或安全组拦截' },
    kinds: ['Host', 'Node', 'CloudResource'],
    proves: [
      'timeouts to one port or from one source only, at the border of hosts; iptables, nftables or security group rule that drops it',
      'REJECT rules: "no route to host" or "connection refused" while the server listens',
    ],
    excludes: ['a NetworkPolicy explains it', 'nothing listens on the port'],
    fixes: ['restart-unit'],
  },
  other: {
    title: { en: 'The network does not work', zh: '其他网络问题' },
    kinds: ['Node', 'Host', 'Service', 'Pod'],
    proves: [
      'connection errors between parts that are well by themselves, and no finer cause: MTU, conntrack table full, port exhaustion, CNI errors',
    ],
    excludes: ['the callee is not well'],
    fixes: ['delete-pod', 'cordon', 'restart-unit'],
  },
});
